"""The ``[blending]`` section: how gold and silver are mixed, and how long."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from vermeil.section import Section

RegimenName = Literal["gold_only", "silver_only", "pooled", "simple_mix", "reverse_mix", "schedule"]
ScheduleName = Literal["constant", "linear", "sigmoid", "power"]


class BudgetConfig(Section):
    """``[blending.budget]``: how long training lasts."""

    name: Literal["epochs", "equal"] = "epochs"
    """epochs: so many passes over each origin that the regimen uses; equal: the same steps and
    wordpieces for every regimen."""
    gold_epochs: float = Field(default=8.0, gt=0)
    """Passes over gold."""
    silver_epochs: float = Field(default=3.0, gt=0)
    """Passes over silver."""
    wordpieces: int | None = Field(default=None, gt=0)
    """equal: wordpieces seen in training; none: the sum of the gold and silver passes."""
    batch_wordpieces: int = Field(default=512, gt=0)
    """Wordpieces of one optimiser step, without padding."""


class BlendingConfig(Section):
    """One regimen, its schedule and its budget."""

    regimen: RegimenName = "simple_mix"
    """gold_only, silver_only, pooled, simple_mix (silver, then gold), reverse_mix, or schedule."""
    schedule: ScheduleName = "sigmoid"
    """For the regimen schedule: the curve that the gold share follows."""
    share: float | None = Field(default=None, ge=0, le=1)
    """constant: the gold share; none: gold's part of the budget."""
    steepness: float = Field(default=10.0, gt=0)
    """sigmoid: slope at the midpoint."""
    midpoint: float | None = Field(default=None, ge=0, le=1)
    """sigmoid: progress at which half is gold; none: where gold's part of the budget is spent."""
    exponent: float | None = Field(default=None, gt=0)
    """power: gold_share(t) = t ** exponent; none: the one that spends gold's part of the budget."""
    budget: BudgetConfig = BudgetConfig()
    """How long training lasts."""
