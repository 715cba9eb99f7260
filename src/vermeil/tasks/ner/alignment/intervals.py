"""Weighted interval scheduling: select non-overlapping ranges of maximum total weight."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from itertools import pairwise

from vermeil.data.document import Range


def select_disjoint(weights: Mapping[Range, int]) -> set[Range]:
    """Return the non-overlapping ranges with the maximum total weight.

    Ties prefer fewer, hence longer ranges, then the ranges that come first. Kleinberg and Tardos,
    Algorithm Design, section 6.1; O(n log n).

    Args:
        weights: weight of each range.
    """
    ranges = sorted(weights, key=lambda one: (one[1], one[0]))
    if all(a[1] <= b[0] for a, b in pairwise(ranges)):
        return set(ranges)
    ends = [end for _, end in ranges]
    best: list[tuple[int, int]] = [(0, 0)]
    before: list[int] = []
    for number, one in enumerate(ranges):
        free = bisect_right(ends, one[0], 0, number)
        before.append(free)
        weight, fewer = best[free]
        best.append(max(best[number], (weight + weights[one], fewer - 1)))
    kept: set[Range] = set()
    number = len(ranges)
    while number:
        if best[number] == best[number - 1]:
            number -= 1
        else:
            kept.add(ranges[number - 1])
            number = before[number - 1]
    return kept
