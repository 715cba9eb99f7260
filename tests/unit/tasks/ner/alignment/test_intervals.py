"""Selection of ranges without overlaps."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vermeil.tasks.ner.alignment.intervals import select_disjoint


def total(
    weights: dict[tuple[int, int], int], kept: list[tuple[int, int]] | set[tuple[int, int]]
) -> int:
    return sum(weights[one] for one in kept)


def disjoint(ranges: list[tuple[int, int]] | set[tuple[int, int]]) -> bool:
    places = [place for one in ranges for place in range(*one)]
    return len(places) == len(set(places))


@pytest.mark.parametrize(
    ("weights", "kept"),
    [
        ({(0, 4): 1, (2, 4): 1}, {(0, 4)}),
        ({(0, 2): 1, (2, 4): 1, (0, 4): 2}, {(0, 4)}),
        ({(0, 3): 1, (2, 5): 1}, {(0, 3)}),
        ({(0, 3): 1, (2, 5): 3, (4, 7): 1}, {(2, 5)}),
        ({(0, 3): 2, (2, 5): 3, (4, 7): 2}, {(0, 3), (4, 7)}),
    ],
)
def test_ties_prefer_longer_ranges_and_then_the_first_in_any_order(
    weights: dict[tuple[int, int], int], kept: set[tuple[int, int]]
) -> None:
    for order in permutations(weights.items()):
        assert select_disjoint(dict(order)) == kept


ranges = st.tuples(st.integers(0, 8), st.integers(1, 5)).map(lambda one: (one[0], sum(one)))


@given(st.dictionaries(ranges, st.integers(1, 4), max_size=6))
def test_no_selection_without_overlaps_weighs_more(weights: dict[tuple[int, int], int]) -> None:
    kept = select_disjoint(weights)
    assert disjoint(kept)
    best = 0
    for chosen in range(1 << len(weights)):
        some = [one for n, one in enumerate(weights) if chosen >> n & 1]
        if disjoint(some):
            best = max(best, total(weights, some))
    assert total(weights, kept) == best
