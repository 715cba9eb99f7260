"""The budget of the demo fits the time, and prefers few cells with more training."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vermeil.demo.budget import (
    FEW_REGIMENS,
    GOOD_BUDGET,
    SMALLEST_BUDGET,
    DemoBudget,
    DemoSpeed,
    choose_budget,
    full_budget,
)
from vermeil.demo.settings import read_settings

SETTINGS = read_settings()
FULL = full_budget(SETTINGS)
SCORED = 15_000


def chosen(training: float, seconds: float = 280.0) -> DemoBudget:
    return choose_budget(DemoSpeed(training, 4 * training), seconds, SCORED, SETTINGS)


def test_full_budget_is_that_of_the_configuration() -> None:
    assert FULL.regimens == SETTINGS.study.regimens
    assert FULL.wordpieces == SETTINGS.blending.budget.wordpieces
    assert not FULL.is_timed
    assert FULL.apply(SETTINGS) == SETTINGS


def test_slow_machine_trains_few_regimens_for_longer() -> None:
    slow, fast = chosen(750), chosen(2500)
    assert slow.regimens == FEW_REGIMENS
    assert len(slow.seeds) == 1
    assert slow.wordpieces >= GOOD_BUDGET
    assert fast.regimens == FULL.regimens
    assert fast.wordpieces == FULL.wordpieces


def test_very_fast_machine_trains_all_cells() -> None:
    assert chosen(20_000).as_dict() | {"seconds": None} == FULL.as_dict()


@given(st.floats(10, 50_000), st.floats(10, 3000))
def test_plan_fits_the_time_unless_it_is_the_smallest(training: float, seconds: float) -> None:
    budget = chosen(training, seconds)
    assert SMALLEST_BUDGET <= budget.wordpieces <= FULL.wordpieces
    assert budget.seconds <= seconds or budget.wordpieces == SMALLEST_BUDGET
    assert math.isfinite(budget.seconds)
    assert set(budget.regimens) <= set(FULL.regimens)
    assert SETTINGS.study.baseline in budget.regimens


@given(st.floats(100, 50_000))
def test_faster_machine_never_trains_less_in_all(training: float) -> None:
    less, more = chosen(training), chosen(1.5 * training)
    cells = [len(one.regimens) * len(one.seeds) * one.wordpieces for one in (less, more)]
    assert cells[0] <= cells[1]


def test_record_gives_the_same_cells() -> None:
    budget = chosen(900)
    again = DemoBudget.from_record(budget.as_dict())
    assert again.apply(SETTINGS) == budget.apply(SETTINGS)


@pytest.mark.parametrize(("seconds", "shown"), [(20, "1 minute"), (290, "5 minutes")])
def test_expected_time_is_shown_in_minutes(seconds: float, shown: str) -> None:
    assert DemoBudget(("gold_only",), (0,), 1000, seconds).minutes == shown
