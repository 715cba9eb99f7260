"""Limits of a loop: the option, and when they are reached."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from vermeil.errors import ConfigError
from vermeil.pipeline.loop.limits import LoopLimits
from vermeil.pipeline.loop.records import RoundRecord

ROUND = RoundRecord(
    number=1,
    gold=40,
    reviewed=20,
    not_gold=0,
    dev=30,
    dev_drawn=0,
    silver=100,
    pool_left=0,
    minutes=12.0,
    dollars=0.5,
    over_budget=0,
    regimen="simple_mix",
    f1=0.7,
    interval=(0.6, 0.8),
    gain=None,
    gain_interval=None,
    ended="button",
    seconds=1.0,
)


def test_limits_are_lists_with_commas_or_repeated() -> None:
    found = LoopLimits.parse(["minutes=60, dollars=5", "f1=.85", "documents=500"])
    assert found == LoopLimits(f1=0.85, documents=500, minutes=60.0, dollars=5.0)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("hours=2", "--until hours=2: expected one of f1, documents, minutes, dollars"),
        ("minutes", "expected a number above 0"),
        ("f1=85", "--until f1=85: expected a number above 0 and up to 1"),
        ("f1=nan", "--until f1=nan"),
        ("documents=1.5", "expected a whole number"),
        ("minutes=-1", "--until minutes=-1"),
        ("minutes=inf", "--until minutes=inf"),
        ("minutes=3,minutes=4", "is given twice"),
    ],
)
def test_a_limit_that_cannot_be_used_is_named(text: str, problem: str) -> None:
    with pytest.raises(ConfigError) as error:
        LoopLimits.parse([text])
    assert problem in str(error.value)


@pytest.mark.parametrize(
    ("limits", "changes", "reached"),
    [
        ({"f1": 0.7}, {}, "F1 on dev"),
        ({"f1": 0.71}, {}, None),
        ({"f1": 0.1}, {"f1": None}, None),
        ({"documents": 45}, {"dev_drawn": 5}, "gold documents: 45 of 45"),
        ({"documents": 41}, {}, None),
        ({"minutes": 12}, {}, "minutes of review"),
        ({"dollars": 1}, {}, None),
        ({"dollars": 1}, {"over_budget": 3}, "3 requests did not fit"),
        ({"dollars": 0.5}, {}, "dollars"),
    ],
)
def test_reached(limits: dict[str, Any], changes: dict[str, Any], reached: str | None) -> None:
    found = LoopLimits(**limits).reached(replace(ROUND, **changes))
    assert (found is None) if reached is None else (found is not None and reached in found)
