"""The ``[blending]`` section: how gold and silver are mixed, and how long."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

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
    gold_fraction: float | None = Field(default=None, gt=0, lt=1)
    """equal: gold's part of what a blend sees; none: as the passes would divide it."""
    batch_wordpieces: int = Field(default=512, gt=0)
    """Wordpieces of one optimiser step, without padding."""

    @property
    def grows_with_data(self) -> bool:
        """Whether one origin's size decides how long training on the other alone lasts."""
        return self.name == "equal" and self.wordpieces is None


class BlendingConfig(Section):
    """One regimen, its schedule and its budget."""

    regimen: RegimenName = "simple_mix"
    """gold_only, silver_only, pooled, simple_mix (silver, then gold), reverse_mix (gold, then
    silver), alternate (silver, gold, silver, gold, …), schedule, or auto: Simple Mix on refined
    silver (see [selection])."""
    schedule: ScheduleName = "sigmoid"
    """For the regimen schedule: the curve that the gold share follows."""
    direction: Literal["increasing", "decreasing"] = "increasing"
    """schedule: increasing gold, or decreasing: the same curve run backwards."""
    share: float | None = Field(default=None, ge=0, le=1)
    """constant: the gold share; none: gold's part of the budget."""
    steepness: float = Field(default=10.0, gt=0)
    """sigmoid: how steep; the slope at the midpoint is a quarter of it."""
    midpoint: float | None = Field(default=None, ge=0, le=1)
    """sigmoid: progress at which half is gold; none: where gold's part of the budget is spent."""
    exponent: float | None = Field(default=None, gt=0)
    """power: gold_share(t) = t ** exponent; none: the one that spends gold's part of the budget."""
    rate: float | None = None
    """exponential: (exp(rate t) - 1) / (exp(rate) - 1), 0 being a straight line; none: the one that
    spends gold's part of the budget."""
    steps: int = Field(default=4, ge=2)
    """step: number of stairs, of like length and height."""
    cycles: int = Field(default=3, ge=1)
    """cyclic: how often the gold share climbs, each time in a straight line from its lowest."""
    table: tuple[tuple[Share, Share], ...] | None = None
    """piecewise: points [progress, gold share] that straight lines join, such as
    [[0, 0.1], [0.7, 0.1], [1, 0.9]]; held before the first and after the last."""
    alternations: int = Field(default=3, ge=1)
    """alternate: how many times silver and then gold."""
    gold_tail: float = Field(default=0.0, ge=0, lt=1)
    """Part of gold's budget that is kept for a last phase of gold alone, in regimens that mix."""
    mode: Literal["sampling", "weighting"] = "sampling"
    """sampling: a batch holds its gold share of examples; weighting: batches are pooled, and the
    loss of their gold and silver examples is weighted to the gold share."""
    restart_learning_rate: bool = False
    """Whether the learning rate warms up and decays anew in every phase of the regimen."""
    restart_optimiser: bool = False
    """Whether the optimiser forgets its running means where a phase of the regimen begins."""
    budget: BudgetConfig = BudgetConfig()
    """How long training lasts."""
