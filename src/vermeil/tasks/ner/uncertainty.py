"""From located mentions to an annotation: what is marked, and where nobody knows."""

from __future__ import annotations

from collections.abc import Iterable

from vermeil.data.document import Annotation, Range
from vermeil.data.mention import LocatedMention, Status
from vermeil.tasks.config import Uncertain

_DOUBTFUL = (Status.AMBIGUOUS, Status.NOT_FOUND)


def annotation_of(located: Iterable[LocatedMention], uncertain: Uncertain) -> Annotation:
    """Return the accepted spans and, if wanted, abstentions.

    Abstentions are the places of ambiguous mentions, and those that are like a mention but were
    refused ("us" for "US"), as far as no accepted span shares a character with them.
    """
    located = tuple(located)
    spans = tuple(span for one in located for span in one.spans)
    if uncertain == "ignore":
        return Annotation(spans)
    places = {p for one in located if one.status in _DOUBTFUL for p in one.places}
    return Annotation(spans, abstain=tuple(_merged(places, [(s.start, s.end) for s in spans])))


def _merged(places: Iterable[Range], marked: list[Range]) -> list[Range]:
    """Return the union of the places that overlap nothing marked, in order."""
    merged: list[Range] = []
    inked = bytearray(max((end for _, end in marked), default=0))
    for start, end in marked:
        inked[start:end] = b"\1" * (end - start)
    for start, end in sorted(places):
        if any(inked[start:end]):
            continue
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
