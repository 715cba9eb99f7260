"""Where a string stands in a view but for some edits (insertions, deletions, substitutions).

Comparing with every stretch of a long text would take seconds. So the string is cut into more
pieces than edits are allowed: as each edit spoils one piece at most, some pieces stand in the text
unspoilt, about where they should. Only there is the distance computed (Levenshtein, bit-parallel
and bounded, by RapidFuzz). The filter is exact: it never misses a place.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from rapidfuzz.distance import Levenshtein

from vermeil.data.document import Range
from vermeil.tasks.ner.alignment.normalise import NormalisedText
from vermeil.tasks.ner.alignment.occurrences import is_boundary

_SHORTEST, _LONGEST = 6, 600
"""Characters of what is looked for this way; shorter strings become other words, longer ones are
no names."""
_PIECE_LENGTH = 5
_MOST_WINDOWS = 5_000
"""Comparisons after which a string is given up: it is nearly everywhere, or nowhere."""


@dataclass(frozen=True, slots=True)
class FuzzyMatch:
    """The places that are nearest, each free of the others, in order; none: nothing is near."""

    distance: int
    occurrences: tuple[Range, ...]


def max_edits(length: int) -> int:
    """Return 15 % of a length, rounded down; 0 for short strings."""
    return length * 15 // 100 if length >= _SHORTEST else 0


def find_fuzzy(text: str, normalised: NormalisedText, needle: str) -> FuzzyMatch | None:
    """Return the whole words of ``text`` that are nearest to ``needle``, within `edits_allowed`.

    The digits must be the same: "Boeing 747" is not a misspelt "Boeing 737".

    Args:
        text: the text.
        normalised: the folded view of it.
        needle: what to look for, folded.
    """
    limit = max_edits(len(needle))
    if limit == 0 or len(needle) > _LONGEST:
        return None
    digits = _digits(needle)
    found: dict[Range, int] = {}
    windows = 0
    for low, high in _start_ranges(normalised.text, needle, limit):
        for start, end in _windows(text, normalised, low, high, len(needle), limit):
            windows += 1
            if windows > _MOST_WINDOWS:
                return None
            window = normalised.text[start:end]
            distance = Levenshtein.distance(needle, window, score_cutoff=limit)
            if distance <= limit and _digits(window) == digits and _same_end_types(needle, window):
                place = normalised.to_source_range(start, end)
                if place is not None:
                    found[place] = min(distance, found.get(place, distance))
    if not found:
        return None
    best = min(found.values())
    return FuzzyMatch(
        best, tuple(_non_overlapping(sorted(p for p, d in found.items() if d == best)))
    )


def bounded_edit_distance(one: str, other: str) -> int | None:
    """Return the distance of two folded strings; None beyond `edits_allowed` for the first."""
    limit = max_edits(len(one))
    distance = Levenshtein.distance(one, other, score_cutoff=limit)
    return distance if distance <= limit and _digits(one) == _digits(other) else None


def _start_ranges(text: str, needle: str, limit: int) -> Iterator[Range]:
    """Yield ranges of starts, merged, near which enough pieces stand."""
    number = max(limit + 1, len(needle) // _PIECE_LENGTH)
    cuts = [len(needle) * i // number for i in range(number + 1)]
    width = limit + 1
    hits: Counter[int] = Counter()
    for first, last in pairwise(cuts):
        piece = needle[first:last]
        buckets: set[int] = set()
        at = text.find(piece)
        while at >= 0:
            buckets.add((at - first) // width)
            at = text.find(piece, at + 1)
        hits.update(buckets)
    # An unspoilt piece lies within `limit` of its place, hence in the bucket of that or in one of
    # its two neighbours; so a window's start is near a bucket where, with its neighbours, at least
    # `number - limit` pieces stand.
    reach = -1
    for bucket in sorted({b + shift for b in hits for shift in (-1, 0, 1)}):
        pieces = hits[bucket - 1] + hits[bucket] + hits[bucket + 1]
        if pieces >= number - limit:
            low, high = max(bucket * width, reach + 1, 0), (bucket + 1) * width - 1
            if low <= high:
                yield low, high
                reach = high


def _windows(
    text: str, normalised: NormalisedText, low: int, high: int, length: int, limit: int
) -> Iterator[Range]:
    """Yield stretches of whole words that start in ``[low, high]`` and have about the length."""
    size = len(normalised.text)
    ends: dict[int, bool] = {}
    for start in range(low, min(high, size - 1) + 1):
        if normalised.text[start] == " " or not _is_word_boundary(text, normalised, start):
            continue
        for end in range(start + max(length - limit, 1), min(start + length + limit, size) + 1):
            if end not in ends:
                ends[end] = normalised.text[end - 1] != " " and _is_word_boundary(
                    text, normalised, end
                )
            if ends[end]:
                yield start, end


def _is_word_boundary(text: str, normalised: NormalisedText, position: int) -> bool:
    """Whether a word may begin or end at a position of the view."""
    if position == len(normalised.text):
        return is_boundary(text, normalised.ends[-1])
    if position == 0:
        return is_boundary(text, normalised.starts[0])
    before, after = normalised.text[position - 1], normalised.text[position]
    last, first = normalised.ends[position - 1], normalised.starts[position]
    if last == first and before.isascii() and after.isascii():
        return not (before.isalnum() and after.isalnum())
    return is_boundary(text, last) or is_boundary(text, first)


def _non_overlapping(places: list[Range]) -> Iterator[Range]:
    """Of equally near places that overlap, leave the first."""
    reach = 0
    for start, end in places:
        if start >= reach:
            yield start, end
            reach = end


def _same_end_types(one: str, other: str) -> bool:
    """Whether both begin, and end, with a letter or digit, or neither does: no part of a word."""
    return all(one[n].isalnum() == other[n].isalnum() for n in (0, -1))


def _digits(text: str) -> str:
    return "".join(c for c in text if c.isdigit())
