"""The guard of int8 at its limits."""

from __future__ import annotations

import inspect

import pytest

from vermeil.cli.export import export
from vermeil.data.counts import MatchCounts
from vermeil.jobs.int8_guard import Int8Options, Int8Verdict, judge_int8


def verdict(loss: float, correct: int, of: int = 1000, **options: float) -> Int8Verdict:
    """Judge int8 that loses so much F1 and shares so many of its predictions with fp32."""
    f1 = {"student": 0.9, "int8": 0.9 - loss}
    return judge_int8(f1, MatchCounts(correct, of, of), Int8Options(True, **options))


@pytest.mark.parametrize(
    ("loss", "correct", "kept"),
    [
        (0.0029, 1000, True),
        (0.0031, 1000, False),
        (-0.2, 1000, True),
        (0.0, 980, True),
        (0.0, 979, False),
        (0.05, 1000, False),
    ],
)
def test_the_default_limits_are_a_loss_of_003_and_an_agreement_of_98(
    loss: float, correct: int, kept: bool
) -> None:
    assert (verdict(loss, correct).refused is None) == kept


def test_the_verb_has_the_same_limits() -> None:
    parameters = inspect.signature(export).parameters
    given = parameters["per_channel"], parameters["limit"], parameters["agreement"]
    assert Int8Options(*(one.default for one in given)) == Int8Options()


def test_the_limits_can_be_set() -> None:
    assert verdict(0.05, 900, max_f1_loss=0.06, min_agreement=0.9).refused is None
    assert verdict(0.05, 899, max_f1_loss=0.06, min_agreement=0.9).refused is not None
    assert verdict(0.07, 900, max_f1_loss=0.06, min_agreement=0.9).refused is not None


def test_every_broken_limit_is_named_with_both_numbers() -> None:
    refused = verdict(0.05, 914).refused
    assert refused is not None
    assert "loses 0.0500 F1 (from 0.9000 to 0.8500), more than the limit 0.003" in refused
    assert "(1,000 and 1,000, equal 914) agree with F1 0.9140, less than the limit 0.98" in refused


def test_too_few_predictions_are_reported() -> None:
    assert verdict(0.0, 150, of=150).undecided is None
    found = verdict(0.0, 149, of=149)
    assert found.refused is None
    assert found.undecided is not None
    assert "predicts 149 labels on them, and 150 are needed" in found.undecided
    assert verdict(0.0, 30, of=30, min_agreement=0.9).undecided is None
    assert verdict(0.0, 2999, of=2999, min_agreement=1).undecided is not None
    assert verdict(0.0, 3000, of=3000, min_agreement=1).undecided is None


def test_without_any_prediction_int8_is_refused() -> None:
    found = judge_int8({"student": 0.0, "int8": 0.0}, MatchCounts(), Int8Options())
    assert found.agreement is None
    assert found.refused is not None
    assert "cannot be checked" in found.refused
    only_int8 = judge_int8({"student": 0.0, "int8": 0.0}, MatchCounts(0, 3, 0), Int8Options())
    assert only_int8.agreement == 0
    assert only_int8.refused is not None
