"""Regimens: which origins are used, in which phases, and how much of each is spent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from vermeil.blending.config import BlendingConfig, BudgetConfig, RegimenName
from vermeil.blending.schedules import SCHEDULES, Schedule, backwards, constant
from vermeil.errors import ConfigError, TrainingError


@dataclass(frozen=True, slots=True)
class OriginBudget:
    """Wordpieces to be spent on each origin."""

    gold: float
    silver: float

    @property
    def total(self) -> float:
        """Both together."""
        return self.gold + self.silver

    @property
    def gold_fraction(self) -> float:
        """Gold's part of the budget, in [0, 1]."""
        return self.gold / self.total


@dataclass(frozen=True, slots=True)
class Phase:
    """A stretch of training with one schedule, which runs from t = 0 to 1 within the phase."""

    wordpieces: float
    gold_share: Schedule


def _gold_only(_: BlendingConfig, origin_budget: OriginBudget) -> list[Phase]:
    return [Phase(origin_budget.total, constant(1.0))]


def _silver_only(_: BlendingConfig, origin_budget: OriginBudget) -> list[Phase]:
    return [Phase(origin_budget.total, constant(0.0))]


def _pooled(_: BlendingConfig, origin_budget: OriginBudget) -> list[Phase]:
    return [Phase(origin_budget.total, constant(origin_budget.gold_fraction))]


def _simple_mix(_: BlendingConfig, origin_budget: OriginBudget) -> list[Phase]:
    return [Phase(origin_budget.silver, constant(0.0)), Phase(origin_budget.gold, constant(1.0))]


def _reverse_mix(_: BlendingConfig, origin_budget: OriginBudget) -> list[Phase]:
    return [Phase(origin_budget.gold, constant(1.0)), Phase(origin_budget.silver, constant(0.0))]


def _alternate(config: BlendingConfig, origin_budget: OriginBudget) -> list[Phase]:
    times = config.alternations
    part = OriginBudget(origin_budget.gold / times, origin_budget.silver / times)
    return _simple_mix(config, part) * times


def _schedule(config: BlendingConfig, origin_budget: OriginBudget) -> list[Phase]:
    schedule = SCHEDULES[config.schedule](config, origin_budget.gold_fraction)
    if config.direction == "decreasing":
        schedule = backwards(schedule)
    return [Phase(origin_budget.total, schedule)]


REGIMENS: dict[RegimenName, Callable[[BlendingConfig, OriginBudget], list[Phase]]] = {
    "gold_only": _gold_only,
    "silver_only": _silver_only,
    "pooled": _pooled,
    "simple_mix": _simple_mix,
    "reverse_mix": _reverse_mix,
    "alternate": _alternate,
    "schedule": _schedule,
    "auto": _pooled,
}
"""Every regimen that a configuration can name: (config, parts of the budget) → phases."""

SINGLE_ORIGIN: dict[RegimenName, str] = {"gold_only": "gold", "silver_only": "silver"}
"""Regimens that use one origin only, and which."""


def make_phases(
    config: BlendingConfig, origin_budget: OriginBudget, schedule: Schedule | None = None
) -> list[Phase]:
    """Return the phases of a regimen that have anything to train on.

    Args:
        config: regimen, schedule and gold tail.
        origin_budget: of `spend`.
        schedule: in place of the configured one, for the regimen schedule.
    """
    if schedule is not None and config.regimen != "schedule":
        raise ConfigError(
            f"blending.regimen: {config.regimen} follows no schedule of its own; expected schedule"
        )
    tail = 0.0 if config.regimen in SINGLE_ORIGIN else config.gold_tail * origin_budget.gold
    body = (
        origin_budget
        if tail == 0
        else OriginBudget(origin_budget.gold - tail, origin_budget.silver)
    )
    if schedule is not None:
        phases = [Phase(body.total, schedule)]
    else:
        phases = REGIMENS[config.regimen](config, body)
    if tail:
        phases = [*phases, Phase(tail, constant(1.0))]
    return [phase for phase in phases if phase.wordpieces > 0]


def split_budget(
    regimen: RegimenName, budget: BudgetConfig, gold: int, silver: int
) -> OriginBudget:
    """Return how many wordpieces of each origin a regimen spends.

    With the budget ``epochs`` these are the passes over the origins that the regimen uses. With
    ``equal`` the total is the same for all regimens, and the blends divide it as the passes would.

    Args:
        regimen: the regimen's name.
        budget: the budget.
        gold: wordpieces of one pass over gold.
        silver: wordpieces of one pass over silver.

    Raises:
        TrainingError: an origin that the regimen uses is empty.
    """
    origin = SINGLE_ORIGIN.get(regimen)
    for name, size in (("gold", gold), ("silver", silver)):
        if size == 0 and origin in (None, name):
            raise TrainingError(
                f"regimen {regimen} needs {name} documents, and there is none that can be trained "
                f"on; give {name} documents or choose another regimen"
            )
    passes = OriginBudget(budget.gold_epochs * gold, budget.silver_epochs * silver)
    wanted = passes.total
    if budget.name == "equal":
        wanted = float(budget.wordpieces or passes.total)
    elif origin is not None:
        wanted = passes.gold if origin == "gold" else passes.silver
    if origin == "gold":
        return OriginBudget(wanted, 0.0)
    if origin == "silver":
        return OriginBudget(0.0, wanted)
    if budget.name == "equal" and budget.gold_fraction is not None:
        return OriginBudget(wanted * budget.gold_fraction, wanted * (1 - budget.gold_fraction))
    scale = wanted / passes.total
    return OriginBudget(passes.gold * scale, passes.silver * scale)
