"""Training budget of the demo: the cells and wordpieces that fit the time at a measured speed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from vermeil.demo.annotating import WEAK
from vermeil.demo.settings import DemoSettings
from vermeil.studies.format import plural

MINUTES = 5.0
"""Time of the whole demo, in minutes, after installation."""

FEW_REGIMENS = ("gold_only", "pooled", f"pooled@{WEAK}", f"auto@{WEAK}")
"""Regimens on a slow machine: enough to see that the best blend depends on the teacher."""

GOOD_BUDGET = 60_000
"""Wordpieces after which the students of the sample find most names; more regimens come after."""
SMALLEST_BUDGET = 20_000
"""Wordpieces of a cell however slow the machine is."""

SECONDS_PER_ROUND = 6.0
"""Time of a round of cells that is neither training nor scoring: encoding, saving, start."""
SECONDS_AT_END = 12.0
"""Time after the last cell: statistics, report page and new sentences."""
MARGIN = 0.9
"""Share of the remaining time that is planned, because the speed of a machine varies."""
_STEP = 1000
"""Budgets are multiples of this."""


@dataclass(frozen=True, slots=True)
class DemoSpeed:
    """Measured speed of one cell while as many cells run as the study runs at once.

    Args:
        training: wordpieces per second of training.
        scoring: wordpieces per second of prediction.
    """

    training: float
    scoring: float


@dataclass(frozen=True, slots=True)
class DemoBudget:
    """Cells of the demo and their training budget.

    Args:
        regimens: regimens of the study.
        seeds: its seeds.
        wordpieces: training budget of every cell.
        seconds: expected time from now to the end of the demo; infinite if it is not known.
        speed: measured wordpieces per second of a cell; None: not measured.
    """

    regimens: tuple[str, ...]
    seeds: tuple[int, ...]
    wordpieces: int
    seconds: float = math.inf
    speed: float | None = None

    def apply(self, settings: DemoSettings) -> DemoSettings:
        """Return the settings with these cells and this budget."""
        budget = settings.blending.budget.model_copy(update={"wordpieces": self.wordpieces})
        cells = {"regimens": self.regimens, "seeds": self.seeds}
        return replace(
            settings,
            blending=settings.blending.model_copy(update={"budget": budget}),
            study=settings.study.model_copy(update=cells),
        )

    @property
    def minutes(self) -> str:
        """The expected time in words; empty if it is not known."""
        return plural(max(1, round(self.seconds / 60)), "minute") if self.is_timed else ""

    @property
    def is_timed(self) -> bool:
        """Return whether the expected time is known."""
        return math.isfinite(self.seconds)

    def as_dict(self) -> dict[str, Any]:
        """Return the budget for JSON."""
        return {
            "regimens": list(self.regimens),
            "seeds": list(self.seeds),
            "wordpieces": self.wordpieces,
            "seconds": round(self.seconds) if self.is_timed else None,
            "wordpieces_per_second": None if self.speed is None else round(self.speed),
        }

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> DemoBudget:
        """Return the budget of a record of `as_dict`."""
        return cls(
            tuple(map(str, record["regimens"])),
            tuple(map(int, record["seeds"])),
            int(record["wordpieces"]),
            speed=record.get("wordpieces_per_second"),
        )


def full_budget(settings: DemoSettings) -> DemoBudget:
    """Return the cells and the budget of the configuration, without a limit of time."""
    wordpieces = settings.blending.budget.wordpieces or 0
    return DemoBudget(settings.study.regimens, settings.study.seeds, wordpieces)


def choose_budget(
    speed: DemoSpeed, seconds: float, scored: int, settings: DemoSettings
) -> DemoBudget:
    """Return the largest plan that fits the time; few cells with more budget come before many.

    All regimens of the configuration are trained if each cell gets `GOOD_BUDGET` wordpieces, with
    further seeds once the budget of the configuration is reached. Otherwise `FEW_REGIMENS` are.

    Args:
        speed: measured speed of a cell.
        seconds: time that is left for the demo.
        scored: wordpieces that every cell predicts.
        settings: regimens, seeds, budget and parallel cells of the full run.
    """
    config, largest = settings.study, settings.blending.budget.wordpieces or GOOD_BUDGET
    plans = [(config.regimens, config.seeds[:n]) for n in range(len(config.seeds), 0, -1)]
    for regimens, seeds in plans:
        enough = GOOD_BUDGET if len(seeds) == 1 else largest
        found = _plan(regimens, seeds, speed, seconds, scored, settings)
        if found.wordpieces >= enough:
            return found
    few = tuple(one for one in FEW_REGIMENS if one in config.regimens) or config.regimens
    return _plan(few, config.seeds[:1], speed, seconds, scored, settings)


def _plan(
    regimens: tuple[str, ...],
    seeds: tuple[int, ...],
    speed: DemoSpeed,
    seconds: float,
    scored: int,
    settings: DemoSettings,
) -> DemoBudget:
    """Return the plan of some cells with the largest budget that fits the time."""
    workers, cells = settings.study.workers, len(regimens) * len(seeds)
    rounds = math.ceil(cells / workers)
    fixed = rounds * (SECONDS_PER_ROUND + scored / speed.scoring) + SECONDS_AT_END

    def expected(wordpieces: int) -> float:
        return fixed + rounds * wordpieces / speed.training

    largest = settings.blending.budget.wordpieces or GOOD_BUDGET
    fitting = (
        number
        for number in range(largest, SMALLEST_BUDGET, -_STEP)
        if expected(number) <= MARGIN * seconds
    )
    wordpieces = next(fitting, SMALLEST_BUDGET)
    return DemoBudget(regimens, seeds, wordpieces, expected(wordpieces))
