"""The ``[blending]`` section: regimen, schedule and training budget."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from vermeil.blending.passes import GOLD_PASSES, SILVER_PASSES
from vermeil.section import Section

RegimenName = Literal[
    "gold_only",
    "silver_only",
    "pooled",
    "simple_mix",
    "reverse_mix",
    "alternate",
    "schedule",
    "auto",
    "self_training",
    "recommended",
]
ScheduleName = Literal[
    "constant",
    "linear",
    "cosine",
    "sigmoid",
    "power",
    "exponential",
    "step",
    "cyclic",
    "piecewise",
]
Share = Annotated[float, Field(ge=0, le=1)]


class BudgetConfig(Section):
    """Training budget: ``[blending.budget]``."""

    name: Literal["epochs", "equal"] = "epochs"
    """epochs: numbers of passes over each origin that the regimen uses. equal: the same numbers of
    steps and wordpieces for every regimen."""
    gold_epochs: float | None = Field(default=None, gt=0)
    """Passes over gold. none: 64,000 divided by the wordpieces of gold, but at least 3 and at most
    30."""
    silver_epochs: float | None = Field(default=None, gt=0)
    """Passes over silver. none: 64,000 divided by the wordpieces of silver, but at least 1 and at
    most 3."""
    wordpieces: int | None = Field(default=None, gt=0)
    """equal: wordpieces of the training. none: the sum of the gold and silver passes."""
    gold_fraction: float | None = Field(default=None, gt=0, lt=1)
    """equal: gold's share of the budget in mixed regimens. none: gold's share of the passes."""
    batch_wordpieces: int = Field(default=512, gt=0)
    """Wordpieces of one optimiser step, without padding."""

    def gold_passes(self, wordpieces: float) -> float:
        """Return the passes over gold of a size in wordpieces."""
        return self.gold_epochs or GOLD_PASSES.passes(wordpieces)

    def silver_passes(self, wordpieces: float) -> float:
        """Return the passes over silver of a size in wordpieces."""
        return self.silver_epochs or SILVER_PASSES.passes(wordpieces)

    @property
    def grows_with_data(self) -> bool:
        """Return whether the size of one origin affects the length of training on the other."""
        return self.name == "equal" and self.wordpieces is None


class BlendingConfig(Section):
    """Settings of blending: regimen, schedule and budget."""

    regimen: RegimenName = "recommended"
    """Use of gold and silver: recommended (chosen by the teacher's F1 on gold that it annotated,
    too: auto below .60, pooled from .86 on, otherwise and without such gold simple_mix), gold_only,
    silver_only, pooled, simple_mix (silver, then gold), reverse_mix (gold, then silver), alternate
    (silver, gold, silver, gold, …), schedule, auto (Simple Mix on refined silver, see [selection]),
    or self_training (Simple Mix on silver and on plain text that a first student annotates)."""
    schedule: ScheduleName = "sigmoid"
    """Regimen schedule: curve of the gold share over training."""
    direction: Literal["increasing", "decreasing"] = "increasing"
    """Regimen schedule: increasing gold share. decreasing: the same curve reversed."""
    share: float | None = Field(default=None, ge=0, le=1)
    """constant: the gold share. none: gold's share of the budget."""
    steepness: float = Field(default=10.0, gt=0)
    """sigmoid: steepness; the slope at the midpoint is a quarter of it."""
    midpoint: float | None = Field(default=None, ge=0, le=1)
    """sigmoid: progress at which the gold share is one half. none: the midpoint that spends gold's
    share of the budget."""
    exponent: float | None = Field(default=None, gt=0)
    """power: exponent of gold_share(t) = t ** exponent. none: the exponent that spends gold's share
    of the budget."""
    rate: float | None = None
    """exponential: rate of (exp(rate t) - 1) / (exp(rate) - 1); 0 gives a straight line. none: the
    rate that spends gold's share of the budget."""
    steps: int = Field(default=4, ge=2)
    """step: number of steps, of equal length and height."""
    cycles: int = Field(default=3, ge=1)
    """cyclic: number of cycles; in each, the gold share increases linearly from its minimum."""
    table: tuple[tuple[Share, Share], ...] | None = None
    """piecewise: points [progress, gold share], joined by straight lines, for example
    [[0, 0.1], [0.7, 0.1], [1, 0.9]]. The share is constant before the first point and after the
    last one."""
    alternations: int = Field(default=3, ge=1)
    """alternate: number of repetitions of silver, then gold."""
    gold_tail: float = Field(default=0.0, ge=0, lt=1)
    """Share of gold's budget that is reserved for a final phase of gold only, in mixed regimens."""
    mode: Literal["sampling", "weighting"] = "sampling"
    """sampling: the gold share is the share of gold examples in a batch. weighting: batches are
    pooled, and loss weights of gold and silver examples give the gold share."""
    restart_learning_rate: bool = False
    """Restart warm-up and decay of the learning rate in every phase of the regimen."""
    restart_optimiser: bool = False
    """Reset the optimiser's running averages at the start of every phase of the regimen."""
    budget: BudgetConfig = BudgetConfig()
    """Training budget."""
