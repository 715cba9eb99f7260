"""Finding in the text what the teacher said: from mentions to spans.

Teachers are asked for strings, since they cannot count characters. This is the policy:

- A mention stands wherever its surface (without outer white space) stands as whole words,
  character by character.
- Longer surfaces are placed first; a shorter one does not take a place that crosses or lies
  within one that is taken. Of equally long surfaces the one that stands first in the text comes
  first. So the order of the mentions does not matter, unless a surface is said more than once.
- A surface that is said several times takes its places in the order of the text. Said less often
  than it stands there, it takes the first places; said more often, the rest are `DUPLICATE`.
- A mention that says which occurrence it means gets that one or none; these are placed before the
  other mentions of the same surface. Occurrences are counted over all places of the surface.
- `OVERLAP`: all places that are left cross or lie within longer mentions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from vermeil.data.document import Range, Span
from vermeil.data.mention import LocatedMention, Mention, Status
from vermeil.tasks.labels import LabelSet
from vermeil.tasks.ner.places import find_places


def locate(text: str, mentions: Sequence[Mention], labels: LabelSet) -> tuple[LocatedMention, ...]:
    """Locate every mention in ``text``; see the policy above.

    Returns:
        One result per mention, in the same order. Accepted spans do not overlap; they carry the
        label set's name of the label, ``status`` and ``origin="silver"``.
    """
    by_surface: dict[str, list[int]] = {}
    for number, mention in enumerate(mentions):
        by_surface.setdefault(mention.surface.strip(), []).append(number)
    groups = [(surface, find_places(text, surface)) for surface in by_surface]
    groups.sort(key=lambda group: (-len(group[0]), group[1][:1], group[0]))
    taken = bytearray(len(text))
    located: dict[int, LocatedMention] = {}
    for surface, places in groups:
        found = _Surface(places, taken)
        for number in _placing_order(by_surface[surface], mentions):
            located[number] = _locate_one(mentions[number], labels, found)
        found.close()
    return tuple(located[number] for number in range(len(mentions)))


@dataclass(slots=True)
class _Surface:
    """The places of one surface, and what is taken of the text by it (2) and by longer ones (1)."""

    places: list[Range]
    taken: bytearray

    def take(self, occurrence: int | None) -> Range | Status:
        """Take the place that was said, or else the first free one; or say why there is none."""
        if occurrence is not None and not 1 <= occurrence <= len(self.places):
            return Status.DUPLICATE
        wanted = self.places if occurrence is None else [self.places[occurrence - 1]]
        for start, end in wanted:
            if not any(self.taken[start:end]):
                self.taken[start:end] = b"\x02" * (end - start)
                return start, end
        covered = any(1 in self.taken[start:end] for start, end in wanted)
        return Status.OVERLAP if covered else Status.DUPLICATE

    def close(self) -> None:
        """Let the next surface see what this one took as taken by a longer one."""
        for start, end in self.places:
            self.taken[start:end] = self.taken[start:end].replace(b"\x02", b"\x01")


def _placing_order(numbers: Sequence[int], mentions: Sequence[Mention]) -> list[int]:
    """Mentions that say which occurrence they mean come first; else the order stays."""
    return sorted(numbers, key=lambda number: mentions[number].occurrence is None)


def _locate_one(mention: Mention, labels: LabelSet, found: _Surface) -> LocatedMention:
    candidates = len(found.places)
    label = labels.normalise(mention.label)
    if label is None:
        return LocatedMention(mention, Status.OFF_SCHEMA, None, candidates)
    if not candidates:
        return LocatedMention(mention, Status.NOT_FOUND)
    place = found.take(mention.occurrence)
    if isinstance(place, Status):
        return LocatedMention(mention, place, None, candidates)
    exact = mention.surface == mention.surface.strip()
    status = Status.EXACT if exact else Status.NORMALISED
    span = Span(*place, label, status=status.value, origin="silver")
    return LocatedMention(mention, status, span, candidates)
