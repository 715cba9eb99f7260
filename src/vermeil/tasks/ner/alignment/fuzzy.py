"""Fuzzy search: occurrences of a string with a few edits (insertions, deletions, substitutions).

A comparison with every substring of a long text would take seconds. So the string is cut into more
pieces than the allowed edits. Each edit changes one piece at most, so some pieces occur in the text
unchanged and near their expected position. The distance is computed only there (Levenshtein,
bit-parallel and bounded, by RapidFuzz). The filter is exact: it never misses an occurrence.
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
"""Length limits of the searched string, in characters. Edits turn shorter strings into other words;
longer ones are no names."""
_PIECE_LENGTH = 5
_MOST_WINDOWS = 5_000
"""Limit of comparisons. A string that needs more resembles most of the text and has no match."""


@dataclass(frozen=True, slots=True)
class FuzzyMatch:
    """The non-overlapping occurrences with the smallest edit distance, in order."""

    distance: int
    occurrences: tuple[Range, ...]


def max_edits(length: int) -> int:
    """Return 15 % of a length, rounded down; 0 for short strings."""
    return length * 15 // 100 if length >= _SHORTEST else 0


def find_fuzzy(text: str, normalised: NormalisedText, needle: str) -> FuzzyMatch | None:
    """Return the whole words of ``text`` nearest to ``needle``, within `max_edits`.

    The digits must be equal: "Boeing 747" is not a misspelt "Boeing 737".

    Args:
        text: the text.
        normalised: the folded form of the text.
        needle: the searched string, folded.

    Returns:
        None if there is no occurrence, or if the string is too short, too long or too frequent.
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
                source = normalised.to_source_range(start, end)
                if source is not None:
                    found[source] = min(distance, found.get(source, distance))
    if not found:
        return None
    best = min(found.values())
    nearest = sorted(source for source, distance in found.items() if distance == best)
    return FuzzyMatch(best, tuple(_non_overlapping(nearest)))


def bounded_edit_distance(one: str, other: str) -> int | None:
    """Return the edit distance of two folded strings.

    None if it exceeds `max_edits` of the first string, or if the digits differ.
    """
    limit = max_edits(len(one))
    distance = Levenshtein.distance(one, other, score_cutoff=limit)
    return distance if distance <= limit and _digits(one) == _digits(other) else None


def _start_ranges(text: str, needle: str, limit: int) -> Iterator[Range]:
    """Yield merged ranges of start positions near which enough pieces occur."""
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
    # An unchanged piece lies within `limit` of its expected position, so in that bucket or in one
    # of its neighbours. A window starts near a bucket that has `number - limit` pieces with them.
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
    """Yield ranges of whole words that start in ``[low, high]``, of a length within the limit."""
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
    """Return whether a word may begin or end at a position of the normalised text."""
    if position == len(normalised.text):
        return is_boundary(text, normalised.ends[-1])
    if position == 0:
        return is_boundary(text, normalised.starts[0])
    before, after = normalised.text[position - 1], normalised.text[position]
    last, first = normalised.ends[position - 1], normalised.starts[position]
    if last == first and before.isascii() and after.isascii():
        return not (before.isalnum() and after.isalnum())
    return is_boundary(text, last) or is_boundary(text, first)


def _non_overlapping(occurrences: list[Range]) -> Iterator[Range]:
    """Yield the occurrences that overlap no earlier one."""
    reach = 0
    for start, end in occurrences:
        if start >= reach:
            yield start, end
            reach = end


def _same_end_types(one: str, other: str) -> bool:
    """Return whether both strings have the same type of first and last character."""
    return all(one[n].isalnum() == other[n].isalnum() for n in (0, -1))


def _digits(text: str) -> str:
    return "".join(c for c in text if c.isdigit())
