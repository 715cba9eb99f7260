"""Regimens: training phases and the budget of each origin."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from vermeil.blending.config import BlendingConfig, BudgetConfig, RegimenName
from vermeil.blending.schedules import SCHEDULES, Schedule, backwards, constant
from vermeil.errors import ConfigError, TrainingError


@dataclass(frozen=True, slots=True)
class OriginBudget:
    """Wordpieces of each origin in a training."""

    gold: float
    silver: float

    @property
    def total(self) -> float:
        """Wordpieces of both origins."""
        return self.gold + self.silver

    @property
    def gold_fraction(self) -> float:
        """Gold's share of the budget, in [0, 1]."""
        return self.gold / self.total


@dataclass(frozen=True, slots=True)
class Phase:
    """A phase of training with one schedule, in which t runs from 0 to 1."""

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
    schedule = SCHEDULES[config.schedule].make(config, origin_budget.gold_fraction)
    if config.direction == "decreasing":
        schedule = backwards(schedule)
    return [Phase(origin_budget.total, schedule)]


@dataclass(frozen=True, slots=True)
class RegimenSpec:
    """A regimen that a configuration can name.

    Args:
        title: name for readers of a report.
        meaning: what the regimen trains on, in a few words.
        phases: returns the phases for a configuration and the budget of each origin.
        origin: the only origin that the regimen trains on. None: it trains on both.
        makes_silver: whether trained students first correct silver or annotate plain text. The
            final training is Simple Mix on the result (see `vermeil.refinement.recipe`).
    """

    title: str
    meaning: str
    phases: Callable[[BlendingConfig, OriginBudget], list[Phase]]
    origin: Literal["gold", "silver"] | None = None
    makes_silver: bool = False


REGIMENS: dict[RegimenName, RegimenSpec] = {
    "gold_only": RegimenSpec("Gold only", "people’s labels alone", _gold_only, "gold"),
    "silver_only": RegimenSpec("Silver only", "the teacher’s labels alone", _silver_only, "silver"),
    "pooled": RegimenSpec("Pooled", "gold and silver, shuffled together", _pooled),
    "simple_mix": RegimenSpec("Simple Mix", "all silver first, then all gold", _simple_mix),
    "reverse_mix": RegimenSpec("Reverse Mix", "all gold first, then all silver", _reverse_mix),
    "alternate": RegimenSpec("Alternate", "silver and gold in turn", _alternate),
    "schedule": RegimenSpec("Schedule", "gold share follows a schedule", _schedule),
    "auto": RegimenSpec(
        "Auto",
        "silver corrected with gold, then Simple Mix; gold only if silver does harm",
        _pooled,
        makes_silver=True,
    ),
    "self_training": RegimenSpec(
        "Self-training",
        "silver and plain text that a first student annotated, then gold",
        _pooled,
        makes_silver=True,
    ),
    "recommended": RegimenSpec(
        "Recommended", "the regimen that suits the teacher’s F1 on gold", _simple_mix
    ),
}
"""Every regimen of ``blending.regimen``."""


def with_fixed_regimen(config: BlendingConfig) -> BlendingConfig:
    """Return the section with Simple Mix in place of the regimen recommended.

    For work that compares trainings, so that all of them use the same regimen.
    """
    if config.regimen != "recommended":
        return config
    return config.model_copy(update={"regimen": "simple_mix"})


def make_phases(
    config: BlendingConfig, origin_budget: OriginBudget, schedule: Schedule | None = None
) -> list[Phase]:
    """Return the phases of a regimen with a budget above 0.

    Args:
        config: regimen, schedule and gold tail.
        origin_budget: the budget from `split_budget`.
        schedule: custom schedule instead of the configured one, for the regimen schedule.

    Raises:
        ConfigError: a custom schedule is given for another regimen.
    """
    if schedule is not None and config.regimen != "schedule":
        raise ConfigError(
            f"blending.regimen: {config.regimen} does not accept a custom schedule; "
            "set it to schedule"
        )
    regimen = REGIMENS[config.regimen]
    tail = 0.0 if regimen.origin else config.gold_tail * origin_budget.gold
    body = (
        origin_budget
        if tail == 0
        else OriginBudget(origin_budget.gold - tail, origin_budget.silver)
    )
    phases = regimen.phases(config, body) if schedule is None else [Phase(body.total, schedule)]
    if tail:
        phases = [*phases, Phase(tail, constant(1.0))]
    return [phase for phase in phases if phase.wordpieces > 0]


def split_budget(
    regimen: RegimenName, budget: BudgetConfig, gold: int, silver: int
) -> OriginBudget:
    """Return the wordpieces of each origin that a regimen uses.

    With the budget ``epochs`` these are the passes over the regimen's origins. With ``equal`` the
    total is the same for all regimens, and mixed regimens divide it in proportion to the passes.

    Args:
        regimen: the regimen's name.
        budget: the budget.
        gold: wordpieces of one pass over gold.
        silver: wordpieces of one pass over silver.

    Raises:
        TrainingError: an origin that the regimen uses is empty.
    """
    origin = REGIMENS[regimen].origin
    for name, size in (("gold", gold), ("silver", silver)):
        if size == 0 and origin in (None, name):
            raise TrainingError(
                f"regimen {regimen} needs {name} documents, and no document can be trained on; "
                f"give {name} documents or choose another regimen"
            )
    passes = OriginBudget(budget.gold_passes(gold) * gold, budget.silver_passes(silver) * silver)
    total = passes.total
    if budget.name == "equal":
        total = float(budget.wordpieces or passes.total)
    elif origin is not None:
        total = passes.gold if origin == "gold" else passes.silver
    if origin == "gold":
        return OriginBudget(total, 0.0)
    if origin == "silver":
        return OriginBudget(0.0, total)
    if budget.name == "equal" and budget.gold_fraction is not None:
        return OriginBudget(total * budget.gold_fraction, total * (1 - budget.gold_fraction))
    scale = total / passes.total
    return OriginBudget(passes.gold * scale, passes.silver * scale)
