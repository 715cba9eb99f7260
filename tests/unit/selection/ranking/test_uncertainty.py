"""Uncertainty of distributions, and the orders by uncertainty and by uncertainty per cost."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.ranking_arrays import signals_of

from vermeil.selection.ranking.cost_aware import cost_aware_order
from vermeil.selection.ranking.random_order import random_order
from vermeil.selection.ranking.uncertainty import (
    class_uncertainty,
    mean_uncertainty,
    uncertainty_order,
)

measures = st.sampled_from(["margin", "entropy"])


def distributions(logits: list[list[float]]) -> np.ndarray:
    powers = np.exp(np.array(logits))
    shares: np.ndarray = powers / powers.sum(axis=1, keepdims=True)
    return shares.astype(np.float32)


def test_margin_is_one_minus_the_difference_of_the_two_largest() -> None:
    rows = np.array([[0.7, 0.2, 0.1], [0.4, 0.4, 0.2]], np.float32)
    assert class_uncertainty(rows, "margin") == pytest.approx([0.5, 1.0], abs=1e-6)


def test_entropy_is_relative_to_its_maximum() -> None:
    rows = np.array([[0.5, 0.5, 0, 0], [0.25] * 4], np.float32)
    assert class_uncertainty(rows, "entropy") == pytest.approx([0.5, 1.0], abs=1e-6)


@given(
    st.lists(st.lists(st.floats(-9, 9), min_size=3, max_size=3), min_size=1, max_size=5), measures
)
def test_uncertainty_is_in_the_unit_interval_and_0_for_a_certain_class(
    logits: list[list[float]], measure: Literal["margin", "entropy"]
) -> None:
    values = class_uncertainty(distributions(logits), measure)
    assert ((values >= 0) & (values <= 1)).all()
    certain = np.array([[1, 0, 0]], np.float32)
    assert class_uncertainty(certain, measure) == pytest.approx([0], abs=1e-6)
    assert class_uncertainty(np.full((1, 3), 1 / 3, np.float32), measure) == pytest.approx([1])


def test_one_class_and_no_words_are_certain() -> None:
    assert class_uncertainty(np.ones((2, 1), np.float32), "margin").tolist() == [0, 0]
    assert mean_uncertainty(np.zeros((0, 3), np.float32), "entropy") == 0


def test_uncertain_documents_come_first_and_ties_keep_their_order() -> None:
    signals = replace(signals_of(4), uncertainties=np.array([0.1, 0.5, 0.5, 0.9]))
    assert [choice.index for choice in uncertainty_order(signals)] == [3, 1, 2, 0]
    assert next(uncertainty_order(signals)).reason == "mean uncertainty 0.900 of its words"


def test_cost_aware_divides_the_sum_over_the_words_by_the_cost() -> None:
    signals = replace(
        signals_of(3),
        uncertainties=np.array([0.5, 0.5, 0.1]),
        words=np.array([10, 10, 10]),
        costs=np.array([100.0, 10.0, 1.0]),
        unit="minute",
    )
    choices = list(cost_aware_order(signals))
    assert [choice.index for choice in choices] == [2, 1, 0]
    assert [choice.value for choice in choices] == pytest.approx([1, 0.5, 0.05])
    assert choices[0].reason == "summed uncertainty 1.000 for 1 minutes: 1 per minute"


@given(st.integers(0, 20), st.integers(0, 9))
def test_random_order_depends_on_number_and_seed_alone(number: int, seed: int) -> None:
    first = [choice.index for choice in random_order(signals_of(number, seed))]
    other = replace(signals_of(number, seed + 1), seed=seed)
    assert first == [choice.index for choice in random_order(other)]
    assert sorted(first) == list(range(number))


def test_random_orders_of_other_seeds_differ() -> None:
    orders = {tuple(c.index for c in random_order(signals_of(9, seed))) for seed in range(5)}
    assert len(orders) == 5
