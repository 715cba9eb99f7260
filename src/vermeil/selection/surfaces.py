"""How often the same words carry which label elsewhere in a corpus."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from vermeil.data.document import Range
from vermeil.data.region import Mark

Tallies = NDArray[np.float64]
"""Shape (labels + 1,): occurrences of a surface under each label, and under none."""

LONGEST = 8
"""Words of the longest surface that is looked up."""


@dataclass(frozen=True, slots=True)
class Words:
    """A text's words, for looking up surfaces.

    Args:
        ranges: of the words.
        folded: the words, without case.
    """

    ranges: tuple[Range, ...]
    folded: tuple[str, ...]
    starts: Mapping[int, int] = field(init=False)
    """Start of a word to its number."""
    ends: Mapping[int, int] = field(init=False)
    """End of a word to the number behind it."""

    def __post_init__(self) -> None:
        starts = {start: number for number, (start, _) in enumerate(self.ranges)}
        ends = {end: number + 1 for number, (_, end) in enumerate(self.ranges)}
        object.__setattr__(self, "starts", starts)
        object.__setattr__(self, "ends", ends)

    @classmethod
    def of(cls, text: str, ranges: Sequence[Range]) -> Words:
        """Return the words of a text."""
        return cls(tuple(ranges), tuple(text[a:b].casefold() for a, b in ranges))

    def surface(self, start: int, end: int) -> str | None:
        """Return the words of a stretch; None unless it begins and ends with whole words."""
        first, behind = self.starts.get(start), self.ends.get(end)
        if first is None or behind is None:
            return None
        return " ".join(self.folded[first:behind])


class Surfaces:
    """Tallies of surfaces over annotated texts.

    Args:
        labels: the label set.
        wanted: surfaces to look for; others are not counted.
    """

    def __init__(self, labels: Sequence[str], wanted: set[str]) -> None:
        self._numbers = {label: number for number, label in enumerate(labels)}
        self._none = len(labels)
        self._wanted = wanted
        self._tallies: dict[str, Tallies] = {}
        self._by_group: dict[str, dict[str, Tallies]] = {}

    def add(self, words: Words, marks: Iterable[Mark], group: str) -> None:
        """Count the wanted surfaces of a text.

        What lies within a longer mark, or across one, counts for no label and not as none.
        """
        own = self._by_group.setdefault(group, {})
        for surface, place in self._places(words, tuple(marks)):
            for tallies in (self._tallies, own):
                tally = tallies.setdefault(surface, np.zeros(self._none + 1))
                tally[place] += 1

    def tally(self, surface: str, without: str | None = None) -> Tallies | None:
        """Return what was counted of a surface; None: nothing.

        Args:
            surface: as `Words.surface` gives it.
            without: leave out what was counted in the texts of this group.
        """
        tally = self._tallies.get(surface)
        if tally is None or without is None:
            return tally
        own = self._by_group.get(without, {}).get(surface)
        left = tally if own is None else tally - own
        return left if left.any() else None

    def nearby(self, surface: str, group: str) -> Tallies | None:
        """Return what was counted of a surface in the texts of a group; None: nothing."""
        return self._by_group.get(group, {}).get(surface)

    def prior(self) -> Tallies:
        """Return the share of each label, and of none, over all surfaces together."""
        total = np.ones(self._none + 1)
        for tally in self._tallies.values():
            total += tally
        shares: Tallies = total / total.sum()
        return shares

    def _places(self, words: Words, marks: tuple[Mark, ...]) -> Iterator[tuple[str, int]]:
        exact: dict[tuple[int, int], int] = {}
        covered = np.zeros(len(words.ranges), bool)
        for start, end, label in marks:
            first, behind = words.starts.get(start), words.ends.get(end)
            if first is not None and behind is not None:
                exact[first, behind] = self._numbers[label]
                covered[first:behind] = True
        for first in range(len(words.ranges)):
            surface = ""
            for behind in range(first + 1, min(first + LONGEST, len(words.ranges)) + 1):
                surface = (
                    f"{surface} {words.folded[behind - 1]}" if surface else words.folded[first]
                )
                if surface not in self._wanted:
                    continue
                number = exact.get((first, behind))
                if number is not None:
                    yield surface, number
                elif not covered[first:behind].any():
                    yield surface, self._none
