from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vermeil.evaluation.dominance import almost_stochastic_order, violation_ratio

scores = st.lists(st.integers(0, 20).map(lambda n: n / 20), min_size=1, max_size=8)


def test_the_ratio_by_hand_with_equal_numbers() -> None:
    # Sorted pairs: .6-.7 (against), .8-.7, .9-.8: squares .01, .01, .01; a third is against.
    assert violation_ratio([0.9, 0.6, 0.8], [0.7, 0.8, 0.7]) == pytest.approx(1 / 3)


def test_the_ratio_by_hand_with_unequal_numbers() -> None:
    # Quantiles of {1, 3} and {0, 2, 4}: on (0, 1/3) 1-0, (1/3, 1/2) 1-2, (1/2, 2/3) 3-2,
    # (2/3, 1) 3-4; all squares are 1, so 1/6 + 1/3 of the whole is against.
    assert violation_ratio([1, 3], [0, 2, 4]) == pytest.approx(1 / 2)
    # {2, 3} and {0, 2, 4}: 4 on 1/3, 0 on 1/6, 1 on 1/6, 1 on 1/3 (against).
    against = 1 / 3
    assert violation_ratio([2, 3], [0, 2, 4]) == pytest.approx(against / (4 / 3 + 1 / 6 + against))


def test_complete_dominance_is_zero_and_its_reverse_one() -> None:
    assert violation_ratio([0.5, 0.6], [0.1, 0.2, 0.3]) == 0
    assert violation_ratio([0.1, 0.2, 0.3], [0.5, 0.6]) == 1


@given(scores, scores)
def test_the_two_directions_add_up_to_one(one: list[float], other: list[float]) -> None:
    forth, back = violation_ratio(one, other), violation_ratio(other, one)
    assert 0 <= forth <= 1
    assert forth + back == pytest.approx(1)


@given(scores, scores, st.floats(0.1, 5), st.floats(-3, 3))
def test_scale_and_place_of_the_scores_do_not_matter(
    one: list[float], other: list[float], scale: float, shift: float
) -> None:
    moved = violation_ratio([scale * x + shift for x in one], [scale * x + shift for x in other])
    assert moved == pytest.approx(violation_ratio(one, other), abs=1e-6) or set(one) == set(other)


def test_the_bound_is_never_below_zero() -> None:
    result = almost_stochastic_order([0.5, 0.7, 0.9], [0.4, 0.6, 0.8], 200, 0, confidence=0.001)
    assert result.epsilon == 0
    assert result.epsilon_min == 0


@given(scores, scores, st.integers(0, 3))
def test_the_bound_lies_above_the_ratio(one: list[float], other: list[float], seed: int) -> None:
    result = almost_stochastic_order(one, other, 50, seed)
    assert result.epsilon <= result.epsilon_min <= 1


def test_the_bound_is_the_ratio_and_a_normal_quantile_of_its_bootstrap_spread() -> None:
    rng = np.random.default_rng(0)
    one, other = rng.normal(0.1, 1, 40), rng.normal(0, 1, 30)
    drawn = [violation_ratio(rng.choice(one, 40), rng.choice(other, 30)) for _ in range(1500)]
    expected = violation_ratio(one, other) + 1.6449 * float(np.std(drawn))
    result = almost_stochastic_order(one, other, 1500, 1)
    assert result.epsilon_min == pytest.approx(min(1.0, expected), abs=0.03)


def test_more_confidence_raises_the_bound() -> None:
    rng = np.random.default_rng(0)
    one, other = rng.normal(0.6, 1, 20), rng.normal(0, 1, 20)
    bounds = [almost_stochastic_order(one, other, 300, 0, c).epsilon_min for c in (0.8, 0.95, 0.99)]
    assert bounds == sorted(bounds)
    assert bounds[0] < bounds[2]


def test_like_systems_are_rarely_called_better() -> None:
    rng = np.random.default_rng(3)
    called = sum(
        almost_stochastic_order(rng.normal(0, 1, 10), rng.normal(0, 1, 10), 200, i).dominates
        for i in range(200)
    )
    assert called <= 0.05 * 200 + 9
    assert almost_stochastic_order(rng.normal(3, 1, 10), rng.normal(0, 1, 10), 200, 0).dominates


def test_what_cannot_be_computed_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one score"):
        violation_ratio([], [0.1])
    with pytest.raises(ValueError, match="resample"):
        almost_stochastic_order([0.1], [0.2], 0, 0)
    with pytest.raises(ValueError, match="confidence"):
        almost_stochastic_order([0.1], [0.2], 10, 0, 1.0)
