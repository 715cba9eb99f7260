"""Cohen's kappa against published and hand-computed values."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vermeil.evaluation.kappa import cohens_kappa, kappa_interval


def test_the_example_of_two_readers_of_fifty_proposals() -> None:
    """20 + 15 of 50 agree: p_o = 0.7, p_e = 0.5 · 0.6 + 0.5 · 0.4 = 0.5, so kappa = 0.4."""
    assert float(cohens_kappa(np.array([[20, 5], [10, 15]]))) == pytest.approx(0.4)


def test_perfect_agreement_is_one_and_chance_is_zero() -> None:
    assert float(cohens_kappa(np.diag([3, 4, 5]))) == 1
    assert float(cohens_kappa(np.full((2, 2), 9))) == 0


def test_one_class_only_is_undefined() -> None:
    one_class = np.array([[[7, 0], [0, 0]]])
    assert np.isnan(cohens_kappa(one_class[0]))
    assert kappa_interval(one_class, 100, 0) is None


@given(st.lists(st.integers(0, 3), min_size=2, max_size=30), st.integers(0, 9))
def test_kappa_of_the_definition(first: list[int], seed: int) -> None:
    second = np.random.default_rng(seed).permutation(first)
    confusion = np.zeros((4, 4), dtype=np.int64)
    for one, other in zip(first, second.tolist(), strict=True):
        confusion[one, other] += 1
    agree = float(np.mean(np.array(first) == second))
    chance = sum((first.count(c) / len(first)) ** 2 for c in range(4))
    if chance < 1:
        assert float(cohens_kappa(confusion)) == pytest.approx((agree - chance) / (1 - chance))


def test_the_interval_holds_the_value_and_is_narrower_with_more_groups() -> None:
    group = np.array([[8, 2], [1, 9]])
    other = np.array([[6, 3], [3, 8]])
    found = [kappa_interval(np.array([group, other] * n), 2000, 0) for n in (4, 40)]
    assert found[0] is not None
    assert found[1] is not None
    value = float(cohens_kappa(group + other))
    assert all(low <= value <= high for low, high in filter(None, found))
    assert found[1][1] - found[1][0] < found[0][1] - found[0][0]
    assert found[0] == kappa_interval(np.array([group, other] * 4), 2000, 0)
