"""Annotations from located mentions: spans and abstentions."""

from __future__ import annotations

import re
from collections.abc import Iterable

from vermeil.data.document import Annotation, Range
from vermeil.data.mention import LocatedMention, Status
from vermeil.tasks.config import UnlocatedHandling

_MARKED, _UNKNOWN = b"m", b"u"
_UNKNOWN_RANGE = re.compile(rb"u+")
_DOUBTFUL = (Status.AMBIGUOUS, Status.NOT_FOUND)


def annotation_from_mentions(
    located: Iterable[LocatedMention], unlocated: UnlocatedHandling, truncated: Iterable[Range] = ()
) -> Annotation:
    """Return the annotation of accepted spans, with abstentions where labels are unknown.

    With ``unlocated="abstain"`` the abstentions include the occurrences of ambiguous mentions and
    rejected near matches ("us" for "US"), unless an accepted span overlaps them.

    Args:
        located: every mention with its status.
        unlocated: handling of the occurrences of ambiguous and unlocated mentions.
        truncated: ranges that the reply does not cover because it was cut off; abstentions, except
            for the spans in them.
    """
    located, truncated = tuple(located), tuple(truncated)
    spans = tuple(span for one in located for span in one.spans)
    doubtful = {p for one in located if one.status in _DOUBTFUL for p in one.occurrences}
    unknown = sorted(doubtful) if unlocated == "abstain" else []
    ends = (*(end for _, end in (*unknown, *truncated)), *(span.end for span in spans))
    text = bytearray(max(ends, default=0))
    for span in spans:
        text[span.start : span.end] = _MARKED * (span.end - span.start)
    unknown = [one for one in unknown if _MARKED not in text[slice(*one)]]
    for start, end in (*unknown, *truncated):
        text[start:end] = text[start:end].replace(b"\0", _UNKNOWN)
    return Annotation(spans, abstain=tuple(m.span() for m in _UNKNOWN_RANGE.finditer(text)))
