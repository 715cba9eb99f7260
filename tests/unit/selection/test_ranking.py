from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vermeil.data.region import Region
from vermeil.selection.policies import Judgement
from vermeil.selection.ranking import AGAIN, Doubt, doubts, rank
from vermeil.selection.surfaces import Surfaces, Words


def words(number: int) -> Words:
    return Words.of("w " * number, [(2 * n, 2 * n + 1) for n in range(number)])


def brute_force(documents: list[tuple[Words, list[Doubt]]], order: list[int]) -> list[float]:
    """What the best of the documents left is worth at each step of an order."""
    asked: Counter[str] = Counter()
    left = {n for n, (_, own) in enumerate(documents) if own}
    best = []
    for chosen in order:
        worths = {}
        for number in left:
            own_words, own = documents[number]
            gain = 0.0
            for doubt in own:
                times = max((asked[s] for s in doubt.surfaces), default=0)
                gain += doubt.error * doubt.influence * AGAIN**times
            worths[number] = gain / ((5 + 0.25 * len(own_words.ranges)) / 60)
        best.append(max(worths.values()))
        assert worths[chosen] == pytest.approx(best[-1])
        left.remove(chosen)
        asked.update(s for d in documents[chosen][1] for s in d.surfaces)
    return best


one_doubt = st.builds(
    Doubt,
    st.lists(st.sampled_from("abcd"), max_size=2, unique=True).map(tuple),
    st.floats(0, 1),
    st.floats(0, 5),
)
corpora = st.lists(
    st.tuples(st.integers(1, 40).map(words), st.lists(one_doubt, max_size=3)), max_size=7
)


@given(corpora)
def test_each_document_is_the_best_of_those_left(documents: list[tuple[Words, list[Doubt]]]):
    ranked = rank(documents)
    order = [one.number for one in ranked]
    assert sorted(order) == [n for n, (_, own) in enumerate(documents) if own]
    best = brute_force(documents, order)
    assert [one.worth for one in ranked] == pytest.approx(best)


@given(corpora, st.integers(0, 8))
def test_a_limit_cuts_the_same_order(documents: list[tuple[Words, list[Doubt]]], limit: int):
    assert rank(documents, limit) == rank(documents)[:limit]


def test_the_second_document_about_the_same_words_waits():
    said_twice, another = Doubt(("rome",), 0.5, 1.0), Doubt(("oslo",), 0.4, 1.0)
    documents = [(words(10), [said_twice]), (words(10), [said_twice]), (words(10), [another])]
    assert [one.number for one in rank(documents)] == [0, 2, 1]
    assert rank(documents)[2].worth == pytest.approx(0.5 * AGAIN / ((5 + 2.5) / 60))


def test_a_short_document_comes_before_a_long_one_with_the_same_doubts():
    doubt = Doubt(("rome",), 0.5, 1.0)
    other = Doubt(("oslo",), 0.5, 1.0)
    assert [one.number for one in rank([(words(100), [doubt]), (words(5), [other])])] == [1, 0]


def test_doubts_are_what_the_judge_does_not_know_times_how_often_it_matters():
    own = Words.of("Rome won", [(0, 4), (5, 8)])
    region = Region(0, 4, ((), ((0, 4, "LOC"),)), np.log([0.5, 0.5]), 1, 0)
    elsewhere = Surfaces(["LOC"], {"rome"})
    for n in range(3):
        elsewhere.add(own, [(0, 4, "LOC")] if n else [], f"g{n}")
    [doubt] = doubts(own, [Judgement(region, np.array([0.3, 0.7]))], elsewhere)
    assert doubt.surfaces == ("rome",)
    assert doubt.error == pytest.approx(0.3)
    assert doubt.influence == pytest.approx(np.log(4))
