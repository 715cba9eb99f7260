"""Annotations from located mentions: spans and abstentions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from vermeil.data.document import Annotation, LabelAbstention, Range
from vermeil.data.mention import LocatedMention, Status
from vermeil.tasks.config import UnlocatedHandling
from vermeil.tasks.labels import LabelSet

_MARKED, _UNKNOWN = b"m", b"u"
_UNKNOWN_RANGE = re.compile(rb"u+")
_DOUBTFUL = (Status.AMBIGUOUS, Status.NOT_FOUND)


def annotation_from_mentions(
    located: Iterable[LocatedMention], unlocated: UnlocatedHandling, truncated: Iterable[Range] = ()
) -> Annotation:
    """Return the annotation of accepted spans, with abstentions where labels are unknown.

    With ``unlocated="abstain"`` the abstentions include the occurrences of ambiguous mentions and
    rejected near matches ("us" for "US"), unless an accepted span overlaps them. They also include
    the occurrences of mentions with an unknown label, except for the spans in them. A mention
    without any occurrence or near match has no known position, so it cannot be masked.

    Args:
        located: every mention with its status.
        unlocated: handling of the occurrences of ambiguous, unlocated and off-schema mentions.
        truncated: ranges that the reply does not cover because it was cut off; abstentions, except
            for the spans in them.
    """
    located, truncated = tuple(located), tuple(truncated)
    spans = tuple(span for one in located for span in one.spans)
    masks = unlocated == "abstain"
    doubtful = {p for one in located if one.status in _DOUBTFUL for p in one.occurrences if masks}
    off_schema = {p for one in located for p in _off_schema_ranges(one) if masks}
    cut = {*off_schema, *truncated}
    ends = (*(end for _, end in (*doubtful, *cut)), *(span.end for span in spans))
    text = bytearray(max(ends, default=0))
    for span in spans:
        text[span.start : span.end] = _MARKED * (span.end - span.start)
    whole = [one for one in doubtful if _MARKED not in text[slice(*one)]]
    for start, end in (*whole, *cut):
        text[start:end] = text[start:end].replace(b"\0", _UNKNOWN)
    return Annotation(spans, abstain=tuple(m.span() for m in _UNKNOWN_RANGE.finditer(text)))


def annotation_from_nested(
    located: Sequence[LocatedMention],
    labels: LabelSet,
    unlocated: UnlocatedHandling,
    truncated: Iterable[Range] = (),
) -> Annotation:
    """Return the annotation of accepted spans that may overlap.

    A mention of uncertain position has a label. So the abstention concerns this label alone, unless
    a span of the label overlaps it. Everything else is as for `annotation_from_mentions`.

    Args:
        located: every mention with its status.
        labels: the label set.
        unlocated: handling of the occurrences of ambiguous, unlocated and off-schema mentions.
        truncated: ranges that the reply does not cover because it was cut off.
    """
    certain = [one for one in located if one.status not in _DOUBTFUL or one.spans]
    annotation = annotation_from_mentions(certain, unlocated, truncated)
    unknown: set[LabelAbstention] = set()
    for one in located if unlocated == "abstain" else ():
        label = labels.normalise(one.mention.label) if one.status in _DOUBTFUL else None
        known = [s for s in annotation.spans or () if s.label == label]
        unknown.update(
            LabelAbstention((label,), *where)
            for where in one.occurrences
            if label and not any(s.start < where[1] and where[0] < s.end for s in known)
        )
    ordered = sorted(unknown, key=lambda one: (one.start, one.end or 0, one.labels))
    return replace(annotation, abstain_labels=tuple(ordered))


def has_known_position(located: LocatedMention) -> bool:
    """Return whether a mention has a span, or a range of the text that can be masked for it."""
    if located.spans:
        return True
    return bool(_off_schema_ranges(located)) or (
        located.status in _DOUBTFUL and bool(located.occurrences)
    )


def _off_schema_ranges(located: LocatedMention) -> tuple[Range, ...]:
    """Return the ranges that a mention with an unknown label may mean; none for other mentions."""
    if located.status is not Status.OFF_SCHEMA:
        return ()
    number, ranges = located.mention.occurrence, located.occurrences
    if number is not None and located.tier is not None and 1 <= number <= len(ranges):
        return (ranges[number - 1],)
    return ranges
