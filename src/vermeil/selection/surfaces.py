"""How often the same words carry which label elsewhere in a corpus."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from vermeil.data.document import Range
from vermeil.data.region import SpanKey

LabelCounts = NDArray[np.float64]
"""Shape (labels + 1,): occurrences of a surface under each label, and under none."""

MAX_SURFACE_WORDS = 8
"""Words of the longest surface that is looked up."""


@dataclass(frozen=True, slots=True)
class WordIndex:
    """A text's words, for looking up surfaces.

    Args:
        ranges: of the words.
        casefolded: the words, without case.
    """

    ranges: tuple[Range, ...]
    casefolded: tuple[str, ...]
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
    def from_text(cls, text: str, ranges: Sequence[Range]) -> WordIndex:
        """Return the words of a text."""
        return cls(tuple(ranges), tuple(text[a:b].casefold() for a, b in ranges))

    def surface(self, start: int, end: int) -> str | None:
        """Return the words of a stretch; None unless it begins and ends with whole words."""
        first, behind = self.starts.get(start), self.ends.get(end)
        if first is None or behind is None:
            return None
        return " ".join(self.casefolded[first:behind])


class SurfaceStatistics:
    """Tallies of surfaces over annotated texts.

    Args:
        labels: the label set.
        wanted: surfaces to look for; others are not counted.
    """

    def __init__(self, labels: Sequence[str], surfaces: set[str]) -> None:
        self._label_indices = {label: number for number, label in enumerate(labels)}
        self._no_label = len(labels)
        self._surfaces = surfaces
        self._counts: dict[str, LabelCounts] = {}
        self._by_group: dict[str, dict[str, LabelCounts]] = {}

    def add(self, words: WordIndex, span_keys: Iterable[SpanKey], group: str) -> None:
        """Count the wanted surfaces of a text.

        What lies within a longer mark, or across one, counts for no label and not as none.
        """
        own = self._by_group.setdefault(group, {})
        for surface, place in self._occurrences(words, tuple(span_keys)):
            for tallies in (self._counts, own):
                tally = tallies.setdefault(surface, np.zeros(self._no_label + 1))
                tally[place] += 1

    def counts(self, surface: str, excluded_group: str | None = None) -> LabelCounts | None:
        """Return what was counted of a surface; None: nothing.

        Args:
            surface: as `WordIndex.surface` gives it.
            excluded_group: leave out what was counted in the texts of this group.
        """
        tally = self._counts.get(surface)
        if tally is None or excluded_group is None:
            return tally
        own = self._by_group.get(excluded_group, {}).get(surface)
        left = tally if own is None else tally - own
        return left if left.any() else None

    def counts_in_group(self, surface: str, group: str) -> LabelCounts | None:
        """Return what was counted of a surface in the texts of a group; None: nothing."""
        return self._by_group.get(group, {}).get(surface)

    def label_prior(self) -> LabelCounts:
        """Return the share of each label, and of none, over all surfaces together."""
        total = np.ones(self._no_label + 1)
        for tally in self._counts.values():
            total += tally
        shares: LabelCounts = total / total.sum()
        return shares

    def _occurrences(
        self, words: WordIndex, span_keys: tuple[SpanKey, ...]
    ) -> Iterator[tuple[str, int]]:
        exact: dict[tuple[int, int], int] = {}
        covered = np.zeros(len(words.ranges), bool)
        for start, end, label in span_keys:
            first, behind = words.starts.get(start), words.ends.get(end)
            if first is not None and behind is not None:
                exact[first, behind] = self._label_indices[label]
                covered[first:behind] = True
        for first in range(len(words.ranges)):
            surface = ""
            for behind in range(first + 1, min(first + MAX_SURFACE_WORDS, len(words.ranges)) + 1):
                surface = (
                    f"{surface} {words.casefolded[behind - 1]}"
                    if surface
                    else words.casefolded[first]
                )
                if surface not in self._surfaces:
                    continue
                number = exact.get((first, behind))
                if number is not None:
                    yield surface, number
                elif not covered[first:behind].any():
                    yield surface, self._no_label
