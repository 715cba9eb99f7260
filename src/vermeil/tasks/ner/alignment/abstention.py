"""From located mentions to an annotation: what is marked, and where nobody knows."""

from __future__ import annotations

import re
from collections.abc import Iterable

from vermeil.data.document import Annotation, Range
from vermeil.data.mention import LocatedMention, Status
from vermeil.tasks.config import UnlocatedHandling

_MARKED, _UNKNOWN = b"m", b"u"
_STRETCH = re.compile(rb"u+")
_DOUBTFUL = (Status.AMBIGUOUS, Status.NOT_FOUND)


def annotation_from_mentions(
    located: Iterable[LocatedMention], unlocated: UnlocatedHandling, truncated: Iterable[Range] = ()
) -> Annotation:
    """Return the accepted spans, and where nobody knows.

    If wanted, these are the places of ambiguous mentions, and those that are like a mention but
    were refused ("us" for "US"), as far as no accepted span shares a character with them.

    Args:
        located: every mention with what became of it.
        unlocated: whether doubtful places are abstentions.
        truncated: stretches of which the reply says nothing (it was cut off); abstentions, too, but
            for the spans in them.
    """
    located, truncated = tuple(located), tuple(truncated)
    spans = tuple(span for one in located for span in one.spans)
    doubtful = {p for one in located if one.status in _DOUBTFUL for p in one.occurrences}
    places = sorted(doubtful) if unlocated == "abstain" else []
    ends = (*(end for _, end in (*places, *truncated)), *(span.end for span in spans))
    text = bytearray(max(ends, default=0))
    for span in spans:
        text[span.start : span.end] = _MARKED * (span.end - span.start)
    places = [place for place in places if _MARKED not in text[slice(*place)]]
    for start, end in (*places, *truncated):
        text[start:end] = text[start:end].replace(b"\0", _UNKNOWN)
    return Annotation(spans, abstain=tuple(m.span() for m in _STRETCH.finditer(text)))
