"""Advice after a round, and the record of rounds."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from tests.unit.pipeline.loop.test_limits import ROUND
from tests.unit.studies.test_plan import GRID, PRICED

from vermeil.blending.advice import advise
from vermeil.errors import DataError
from vermeil.pipeline.loop.advice import NextRound, advise_next
from vermeil.pipeline.loop.limits import LoopLimits
from vermeil.pipeline.loop.records import LoopAdvice, LoopReport, RoundRecord
from vermeil.studies.config import PlanConfig
from vermeil.studies.plan import plan

NEXT = NextRound(gold=20, silver=0)


def rounds(*sizes: tuple[int, int, float]) -> list[RoundRecord]:
    """Return rounds of numbers of gold, of silver and F1."""
    return [
        replace(ROUND, number=n, gold=gold, silver=silver, f1=f1)
        for n, (gold, silver, f1) in enumerate(sizes, 1)
    ]


def kind(found: list[RoundRecord], following: NextRound = NEXT, f1: float | None = None) -> str:
    return advise_next(found, LoopLimits(f1=f1), following).kind


def test_a_rising_curve_recommends_gold_and_a_flat_one_stop() -> None:
    rising = rounds((20, 100, 0.5), (40, 100, 0.6), (60, 100, 0.66))
    flat = rounds((20, 100, 0.8), (40, 100, 0.801), (60, 100, 0.8))
    assert kind(rising) == "more_gold"
    assert kind(flat) == "stop"
    assert kind(flat, replace(NEXT, silver=50)) == "more_silver"  # silver was never varied
    text = advise_next(rising, LoopLimits(), NEXT).text
    assert "20 gold documents (learning curve of 3 rounds" in text


def test_silver_is_recommended_if_it_gained_more_than_gold() -> None:
    found = rounds((20, 50, 0.5), (22, 200, 0.7), (24, 800, 0.8), (26, 3200, 0.86))
    assert kind(found, NextRound(gold=2, silver=10_000)) == "more_silver"


def test_two_rounds_are_too_few_for_a_curve() -> None:
    found = advise_next(rounds((20, 100, 0.5), (40, 100, 0.5)), LoopLimits(), NEXT)
    assert found.kind == "more_gold"
    assert "needs 3 rounds" in found.text


def test_the_target_comes_first_then_a_poor_teacher() -> None:
    found = rounds((20, 100, 0.5))
    poor = replace(NEXT, teacher=advise(0.4, (0.3, 0.5), 30))
    unclear = replace(NEXT, teacher=advise(0.5, (0.4, 0.7), 30))
    assert kind(found, poor, f1=0.5) == "stop"
    assert kind(found, poor) == "another_prompt"
    assert kind(found, unclear) == "more_gold"


@pytest.mark.parametrize(
    ("prices", "expected"),
    [
        ({}, "more_gold"),
        ({"gold_price": 99.0, "silver": 100}, "more_silver"),
        ({"budget": 0.5, "gold": 1000, "silver": 4000}, "stop"),
    ],
)
def test_a_study_with_prices_comes_before_the_curve_of_the_rounds(
    prices: dict[str, float], expected: str
) -> None:
    report = plan(GRID, PlanConfig.model_validate({**PRICED, **prices}))
    found = advise_next(rounds((20, 100, 0.5)), LoopLimits(), replace(NEXT, plan=report))
    assert (found.kind, found.text) == (expected, f"vermeil plan: {report.sentences[0]}")
    without = replace(report, record=replace(report.record, purchase=None))
    found = advise_next(rounds((20, 100, 0.5)), LoopLimits(), replace(NEXT, plan=without))
    assert "needs 3 rounds" in found.text


def test_a_warning_of_the_training_makes_the_advice_uncertain() -> None:
    found = advise_next(
        rounds((20, 1, 0.5)), LoopLimits(), replace(NEXT, warnings=["not finished"])
    )
    assert found.text.endswith("Uncertain: the training ended with a warning.")


def test_the_report_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "loop.json"
    assert LoopReport.read(path) == LoopReport()
    report = LoopReport((ROUND.with_advice(LoopAdvice("stop", "done")),), "reached", True)
    report.write(path)
    assert LoopReport.read(path) == report


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("{", "does not hold the rounds of a loop"),
        ('{"rounds": 3}', "does not hold the rounds"),
        (json.dumps({"version": 99, "rounds": []}), "of a newer vermeil"),
    ],
)
def test_a_damaged_report_is_an_error(content: str, problem: str, tmp_path: Path) -> None:
    path = tmp_path / "loop.json"
    path.write_text(content)
    with pytest.raises(DataError, match=problem):
        LoopReport.read(path)
