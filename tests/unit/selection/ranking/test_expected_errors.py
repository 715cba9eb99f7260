from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vermeil.data.region import Region
from vermeil.selection.policies import JudgedRegion
from vermeil.selection.ranking.expected_errors import (
    REPEAT_DISCOUNT,
    UncertainRegion,
    rank,
    uncertain_regions,
)
from vermeil.selection.surfaces import SurfaceStatistics, WordIndex


def words(number: int) -> WordIndex:
    return WordIndex.from_text("w " * number, [(2 * n, 2 * n + 1) for n in range(number)])


def brute_force(
    documents: list[tuple[WordIndex, list[UncertainRegion]]], order: list[int]
) -> list[float]:
    """Return the highest priority of the remaining documents at each step of an order."""
    selected: Counter[str] = Counter()
    left = {n for n, (_, own) in enumerate(documents) if own}
    best = []
    for chosen in order:
        priorities = {}
        for number in left:
            own_words, own = documents[number]
            gain = 0.0
            for doubt in own:
                times = max((selected[s] for s in doubt.surfaces), default=0)
                gain += doubt.error * doubt.influence * REPEAT_DISCOUNT**times
            priorities[number] = gain / ((5 + 0.25 * len(own_words.ranges)) / 60)
        best.append(max(priorities.values()))
        assert priorities[chosen] == pytest.approx(best[-1])
        left.remove(chosen)
        selected.update(s for d in documents[chosen][1] for s in d.surfaces)
    return best


one_doubt = st.builds(
    UncertainRegion,
    st.lists(st.sampled_from("abcd"), max_size=2, unique=True).map(tuple),
    st.floats(0, 1),
    st.floats(0, 5),
)
corpora = st.lists(
    st.tuples(st.integers(1, 40).map(words), st.lists(one_doubt, max_size=3)), max_size=7
)


@given(corpora)
def test_each_document_is_the_best_of_those_left(
    documents: list[tuple[WordIndex, list[UncertainRegion]]],
) -> None:
    ranked = rank(documents)
    order = [one.index for one in ranked]
    assert sorted(order) == [n for n, (_, own) in enumerate(documents) if own]
    best = brute_force(documents, order)
    assert [one.priority for one in ranked] == pytest.approx(best)


@given(corpora, st.integers(0, 8))
def test_a_limit_cuts_the_same_order(
    documents: list[tuple[WordIndex, list[UncertainRegion]]], limit: int
) -> None:
    assert rank(documents, limit) == rank(documents)[:limit]


def test_a_second_document_with_the_same_surface_ranks_lower() -> None:
    repeated, another = UncertainRegion(("rome",), 0.5, 1.0), UncertainRegion(("oslo",), 0.4, 1.0)
    documents = [(words(10), [repeated]), (words(10), [repeated]), (words(10), [another])]
    assert [one.index for one in rank(documents)] == [0, 2, 1]
    assert rank(documents)[2].priority == pytest.approx(0.5 * REPEAT_DISCOUNT / ((5 + 2.5) / 60))


def test_a_short_document_precedes_a_long_one_with_the_same_regions() -> None:
    doubt = UncertainRegion(("rome",), 0.5, 1.0)
    other = UncertainRegion(("oslo",), 0.5, 1.0)
    assert [one.index for one in rank([(words(100), [doubt]), (words(5), [other])])] == [1, 0]


def test_uncertain_regions_have_error_and_influence() -> None:
    own = WordIndex.from_text("Rome won", [(0, 4), (5, 8)])
    region = Region(0, 4, ((), ((0, 4, "LOC"),)), np.log([0.5, 0.5]), 1, 0)
    statistics = SurfaceStatistics(["LOC"], {"rome"})
    for n in range(3):
        statistics.add(own, [(0, 4, "LOC")] if n else [], f"g{n}")
    [doubt] = uncertain_regions(own, [JudgedRegion(region, np.array([0.3, 0.7]))], statistics)
    assert doubt.surfaces == ("rome",)
    assert doubt.error == pytest.approx(0.3)
    assert doubt.influence == pytest.approx(np.log(4))
