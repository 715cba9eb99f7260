"""Surface statistics: label counts of the same words elsewhere in a corpus."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from vermeil.data.document import Range
from vermeil.data.region import SpanKey

LabelCounts = NDArray[np.float64]
"""Shape (labels + 1,): occurrences of a surface with each label, and without a label."""

MAX_SURFACE_WORDS = 8
"""Maximum number of words of a counted surface."""


@dataclass(frozen=True, slots=True)
class WordIndex:
    """The words of a text, as an index of surfaces.

    Args:
        ranges: ranges of the words.
        casefolded: the case-folded words.
    """

    ranges: tuple[Range, ...]
    casefolded: tuple[str, ...]
    starts: Mapping[int, int] = field(init=False)
    """Index of the word that starts at an offset."""
    ends: Mapping[int, int] = field(init=False)
    """One past the index of the word that ends at an offset."""

    def __post_init__(self) -> None:
        starts = {start: number for number, (start, _) in enumerate(self.ranges)}
        ends = {end: number + 1 for number, (_, end) in enumerate(self.ranges)}
        object.__setattr__(self, "starts", starts)
        object.__setattr__(self, "ends", ends)

    @classmethod
    def from_text(cls, text: str, ranges: Sequence[Range]) -> WordIndex:
        """Return the index of a text, given the ranges of its words."""
        return cls(tuple(ranges), tuple(text[a:b].casefold() for a, b in ranges))

    def surface(self, start: int, end: int) -> str | None:
        """Return the surface of a range; None unless it begins and ends with whole words."""
        first, stop = self.starts.get(start), self.ends.get(end)
        if first is None or stop is None:
            return None
        return " ".join(self.casefolded[first:stop])


class SurfaceStatistics:
    """Label counts of surfaces over annotated texts.

    Args:
        labels: the label set.
        surfaces: the surfaces to count.
    """

    def __init__(self, labels: Sequence[str], surfaces: set[str]) -> None:
        self._label_indices = {label: number for number, label in enumerate(labels)}
        self._no_label = len(labels)
        self._surfaces = surfaces
        self._counts: dict[str, LabelCounts] = {}
        self._by_group: dict[str, dict[str, LabelCounts]] = {}

    def add(self, words: WordIndex, span_keys: Iterable[SpanKey], group: str) -> None:
        """Add the surfaces of a text to the counts.

        An occurrence that overlaps a span with other bounds is not counted at all.

        Args:
            words: the words of the text.
            span_keys: the spans of the text.
            group: the group of the text.
        """
        own = self._by_group.setdefault(group, {})
        for surface, label in self._occurrences(words, tuple(span_keys)):
            for counts in (self._counts, own):
                counts.setdefault(surface, np.zeros(self._no_label + 1))[label] += 1

    def counts(self, surface: str, excluded_group: str | None = None) -> LabelCounts | None:
        """Return the label counts of a surface; None if it does not occur.

        Args:
            surface: a surface from `WordIndex.surface`.
            excluded_group: group whose texts are not counted.
        """
        counts = self._counts.get(surface)
        if counts is None or excluded_group is None:
            return counts
        own = self._by_group.get(excluded_group, {}).get(surface)
        remaining = counts if own is None else counts - own
        return remaining if remaining.any() else None

    def counts_in_group(self, surface: str, group: str) -> LabelCounts | None:
        """Return the label counts of a surface in the texts of a group; None if it is absent."""
        return self._by_group.get(group, {}).get(surface)

    def label_prior(self) -> LabelCounts:
        """Return the share of each label, and of no label, over all surfaces."""
        total = np.ones(self._no_label + 1)
        for counts in self._counts.values():
            total += counts
        shares: LabelCounts = total / total.sum()
        return shares

    def _occurrences(
        self, words: WordIndex, span_keys: tuple[SpanKey, ...]
    ) -> Iterator[tuple[str, int]]:
        exact: dict[tuple[int, int], int] = {}
        covered = np.zeros(len(words.ranges), bool)
        for start, end, label in span_keys:
            first, stop = words.starts.get(start), words.ends.get(end)
            if first is not None and stop is not None:
                exact[first, stop] = self._label_indices[label]
                covered[first:stop] = True
        for first in range(len(words.ranges)):
            surface = ""
            for stop in range(first + 1, min(first + MAX_SURFACE_WORDS, len(words.ranges)) + 1):
                word = words.casefolded[stop - 1]
                surface = f"{surface} {word}" if surface else word
                if surface not in self._surfaces:
                    continue
                number = exact.get((first, stop))
                if number is not None:
                    yield surface, number
                elif not covered[first:stop].any():
                    yield surface, self._no_label
