"""Which of overlapping places to keep: those that together say most (weighted intervals)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from itertools import pairwise

from vermeil.data.document import Range


def select_disjoint(weights: Mapping[Range, int]) -> set[Range]:
    """Return the places that do not overlap and together weigh most.

    Of equally heavy choices the one with fewer, hence longer places is taken, then the one whose
    places come first. Kleinberg and Tardos, Algorithm Design, section 6.1; O(n log n).
    """
    places = sorted(weights, key=lambda place: (place[1], place[0]))
    if all(a[1] <= b[0] for a, b in pairwise(places)):
        return set(places)
    ends = [end for _, end in places]
    best: list[tuple[int, int]] = [(0, 0)]
    before: list[int] = []
    for number, place in enumerate(places):
        free = bisect_right(ends, place[0], 0, number)
        before.append(free)
        weight, fewer = best[free]
        best.append(max(best[number], (weight + weights[place], fewer - 1)))
    kept: set[Range] = set()
    number = len(places)
    while number:
        if best[number] == best[number - 1]:
            number -= 1
        else:
            kept.add(places[number - 1])
            number = before[number - 1]
    return kept


def overlaps_any(place: Range, others: Iterable[Range]) -> bool:
    """Whether a place shares a character with any of the others."""
    return any(place[0] < end and start < place[1] for start, end in others)
