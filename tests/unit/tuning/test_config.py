from __future__ import annotations

import pytest

from vermeil.tuning.config import DimensionConfig, TuneConfig


@pytest.mark.parametrize(
    "dimension",
    [
        {},
        [],
        {"low": 1},
        {"low": 2, "high": 1},
        {"low": 1, "high": float("inf")},
        {"values": [1], "low": 1, "high": 2},
        {"low": 0, "high": 1, "log": True},
        {"low": 0.4, "high": 5, "log": True, "whole": True},
        {"values": [1], "log": True},
    ],
)
def test_impossible_dimensions(dimension: object) -> None:
    with pytest.raises(ValueError, match=r"expected|log|finite"):
        TuneConfig.model_validate({"space": {"student.dropout": dimension}})


def test_bounds_are_rounded_where_only_whole_numbers_are_values() -> None:
    assert DimensionConfig(low=1.4, high=2.6).bounds() == (1.4, 2.6)
    assert DimensionConfig(low=1.4, high=2.6, whole=True).bounds() == (1, 3)
    assert DimensionConfig(low=-2, high=0).bounds() == (-2, 0)


def test_grace_is_at_most_the_number_of_evaluations() -> None:
    with pytest.raises(ValueError, match=r"grace: expected at most tune\.evaluations \(3\)"):
        TuneConfig(evaluations=3, grace=4)


def test_without_a_space_learning_rate_and_epochs_are_searched() -> None:
    assert set(TuneConfig().dimensions()) == {
        "student.learning_rate",
        "blending.budget.gold_epochs",
    }
