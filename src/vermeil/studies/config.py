"""The ``[study]`` section."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from vermeil.section import Section

Size = Annotated[int, Field(gt=0)]
Sizes = Size | Annotated[tuple[Size, ...], Field(min_length=1)] | None


class MechanismConfig(Section):
    """``[study.mechanism]``: what is observed while students are trained, to see why one wins."""

    regimens: tuple[str, ...] = ()
    """Regimens of the study whose cells are observed, or all; none: nothing is observed."""
    points: int = Field(default=6, ge=1)
    """Moments of training, evenly spread; one before each jump of the gold share is added."""
    documents: int = Field(default=80, ge=1)
    """Documents of dev that the student is scored on at each of them, and silver documents with
    known gold, on whose errors it is watched."""
    wordpieces: int = Field(default=128, ge=1)
    """Size of each of the batches whose gradients are compared: gold, silver, and gold of dev. The
    defaults cost about 5 % of the time of a cell of some hundred steps."""


class StudyConfig(Section):
    """Which cells a study runs: regimens × seeds × data sizes × budgets."""

    regimens: tuple[str, ...] = (
        "gold_only",
        "silver_only",
        "pooled",
        "simple_mix",
        "sigmoid",
        "power",
    )
    """Regimens, or schedules by their own name (sigmoid = the regimen schedule with it); ceiling =
    gold_only on gold and the silver documents with their gold labels."""
    variants: dict[str, dict[str, Any]] = Field(default={})
    """Regimens of your own: a name to the settings of [blending] that make it, such as
    {simple_mix_restart = {regimen = "simple_mix", restart_learning_rate = true}}; named in
    regimens like any other."""
    seeds: tuple[int, ...] = Field(default=(0, 1, 2), min_length=1)
    """A seed draws a cell's documents, its batches and its initialisation."""
    budgets: tuple[Literal["epochs", "equal"], ...] = Field(default=("equal",), min_length=1)
    """Names of budgets (see blending.budget.name)."""
    gold_documents: Sizes = None
    """Gold documents of a cell; several, such as [250, 500, 1000], make a grid (see vermeil plan);
    none: all."""
    silver_documents: Sizes = None
    """Silver documents of a cell; several make a grid; none: all."""
    plain_documents: int = Field(default=0, ge=0)
    """For the regimen auto: so many further texts of the silver corpus, fewer where there are no
    more, without their annotation; a student annotates them (see selection.self_training)."""
    baseline: str = "gold_only"
    """The regimen that the others are compared with."""
    resamples: int = Field(default=2000, ge=100)
    """Bootstrap resamples."""
    workers: int = Field(default=1, ge=1)
    """Cells that run at once, each with its share of the processor's threads."""
    keep_model: bool = True
    """Whether to keep the model of the cell that does best on dev."""
    mechanism: MechanismConfig = MechanismConfig()
    """What is observed while students are trained, to see why one wins."""

    def sizes(self) -> tuple[tuple[int | None, ...], tuple[int | None, ...]]:
        """Return the numbers of gold and of silver documents of the grid; None: all."""
        gold, silver = (
            size if isinstance(size, tuple) else (size,)
            for size in (self.gold_documents, self.silver_documents)
        )
        return gold, silver


class PlanConfig(Section):
    """``[plan]``: what documents cost, and what is to be bought."""

    gold_price: float | None = Field(default=None, gt=0)
    """Price of one gold document: a person's time."""
    silver_price: float | None = Field(default=None, gt=0)
    """Price of one silver document: the teacher's tokens (vermeil annotate --dry-run tells it)."""
    budget: float | None = Field(default=None, gt=0)
    """What may be spent now; none: no purchase is recommended."""
    currency: str = "$"
    """Put before prices."""
    gold: int | None = Field(default=None, ge=0)
    """Gold documents there are already; none: the most that a cell of the study had."""
    silver: int | None = Field(default=None, ge=0)
    """Silver documents there are already; none: the most that a cell of the study had."""
    regimen: str | None = None
    """The regimen whose learning curve is fitted; none: the blend that does best over all sizes."""
    resamples: int = Field(default=1000, ge=100)
    """Bootstrap resamples, each with a curve of its own."""
