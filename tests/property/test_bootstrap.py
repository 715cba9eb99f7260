from __future__ import annotations

from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from vermeil.evaluation.bootstrap import paired_bootstrap
from vermeil.evaluation.correction import holm
from vermeil.evaluation.randomisation import randomisation_test


@st.composite
def systems(draw: st.DrawFn, number: int) -> list[NDArray[np.int64]]:
    """Counts of several systems on the same seeds and groups."""
    seeds, groups = draw(st.integers(1, 4)), draw(st.integers(1, 12))
    size = seeds * groups
    items = st.lists(st.integers(0, 9), min_size=size, max_size=size)
    gold = np.array(draw(items)).reshape(seeds, groups)
    found = []
    for _ in range(number):
        correct = np.minimum(gold, np.array(draw(items)).reshape(seeds, groups))
        predicted = correct + np.array(draw(items)).reshape(seeds, groups)
        found.append(np.stack([correct, predicted, gold], axis=2))
    return found


@settings(max_examples=60)
@given(systems(2), st.integers(0, 5))
def test_exchanging_the_systems_turns_every_figure_round(
    pair: list[NDArray[np.int64]], seed: int
) -> None:
    one, other = pair
    forth, back = paired_bootstrap(one, other, 150, seed), paired_bootstrap(other, one, 150, seed)
    assert back.difference == pytest.approx(-forth.difference)
    assert (back.low, back.high) == pytest.approx((-forth.high, -forth.low))
    assert back.p_value == forth.p_value
    assert back.per_seed == pytest.approx([-value for value in forth.per_seed])


@settings(max_examples=60)
@given(systems(1), st.integers(0, 5))
def test_a_system_does_not_differ_from_itself(one: list[NDArray[np.int64]], seed: int) -> None:
    result = paired_bootstrap(one[0], one[0], 120, seed)
    assert (result.difference, result.low, result.high, result.p_value) == (0, 0, 0, 1)


@settings(max_examples=60)
@given(systems(2), st.randoms())
def test_the_order_of_seeds_does_not_change_the_difference(
    pair: list[NDArray[np.int64]], rng: Random
) -> None:
    order = list(range(len(pair[0])))
    rng.shuffle(order)
    one, other = pair
    straight = paired_bootstrap(one, other, 100, 0)
    mixed = paired_bootstrap(one[order], other[order], 100, 0)
    assert mixed.difference == pytest.approx(straight.difference)
    assert sorted(mixed.per_seed) == pytest.approx(sorted(straight.per_seed))


@given(st.lists(st.floats(0, 1), max_size=20))
def test_holm_never_lowers_a_p_value_and_keeps_their_ranks(p_values: list[float]) -> None:
    corrected = holm(p_values)
    assert all(p <= q <= 1 for p, q in zip(p_values, corrected, strict=True))
    ranked = [corrected[i] for i in sorted(range(len(p_values)), key=lambda i: p_values[i])]
    assert ranked == sorted(ranked)


@settings(max_examples=60)
@given(systems(2), st.integers(0, 5))
def test_randomisation_does_not_care_which_system_comes_first(
    pair: list[NDArray[np.int64]], seed: int
) -> None:
    one, other = pair
    forth, back = (randomisation_test(*x, 200, seed) for x in ((one, other), (other, one)))
    assert back.difference == pytest.approx(-forth.difference)
    assert back.p_value == forth.p_value
    assert 0 < forth.p_value <= 1
    assert randomisation_test(one, one, 200, seed).p_value == 1
