"""The ``[study]`` section."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from vermeil.section import Section

Size = Annotated[int, Field(gt=0)]
Sizes = Size | Annotated[tuple[Size, ...], Field(min_length=1)] | None


class MechanismConfig(Section):
    """``[study.mechanism]``: measurements during training, to explain why a regimen wins."""

    regimens: tuple[str, ...] = ()
    """Regimens of the study whose training is observed, or all. Empty: none."""
    points: int = Field(default=6, ge=1)
    """Number of measurements, evenly spread over training. One before each jump of the gold share
    is added."""
    documents: int = Field(default=80, ge=1)
    """Number of dev documents to score the student on, and of silver documents with known gold on
    which its errors are compared with the teacher's."""
    wordpieces: int = Field(default=128, ge=1)
    """Size of each batch whose gradients are compared: gold, silver, and gold of dev. The defaults
    take about 5 % of the time of a cell of a few hundred steps."""


class StudyConfig(Section):
    """Cells of a study: regimens × seeds × data sizes × budgets."""

    regimens: tuple[str, ...] = (
        "gold_only",
        "silver_only",
        "pooled",
        "simple_mix",
        "sigmoid",
        "power",
    )
    """Regimens, or schedules by name (sigmoid: the regimen schedule with the schedule sigmoid).
    ceiling is gold_only on gold and on the silver documents with their gold labels. before_added is
    simple_mix on documents that do not know the labels with ``added``: the difference to simple_mix
    shows what the other labels lose, and what the added ones gain."""
    variants: dict[str, dict[str, Any]] = Field(default={})
    """Custom regimens: a name and the settings of [blending] that differ, for example
    {simple_mix_restart = {regimen = "simple_mix", restart_learning_rate = true}}. Add the name to
    regimens."""
    prompts: dict[str, Path] = Field(default={})
    """Further prompts: a name and the configuration file whose [task] and [teacher] annotated the
    same texts, for example {old = "vermeil.toml.old"}. Each regimen that uses silver is also
    trained on their silver, as REGIMEN@NAME. A file of silver can be named instead. If
    study.regimens itself holds such a name, only the regimens in it are trained."""
    seeds: tuple[int, ...] = Field(default=(0, 1, 2), min_length=1)
    """Seeds. Each draws a cell's documents, its batches and its initialisation."""
    budgets: tuple[Literal["epochs", "equal"], ...] = Field(default=("equal",), min_length=1)
    """Names of budgets (see blending.budget.name)."""
    gold_documents: Sizes = None
    """Gold documents of a cell. Several numbers, for example [250, 500, 1000], make a grid (see
    vermeil plan). none: all."""
    silver_documents: Sizes = None
    """Silver documents of a cell. Several numbers make a grid. none: all."""
    plain_documents: int = Field(default=0, ge=0)
    """For the regimens auto and self_training: number of further silver documents, at most those
    left. They are used without their annotation, and a student annotates them (see
    selection.self_training)."""
    baseline: str = "gold_only"
    """Regimen to compare the others with."""
    resamples: int = Field(default=2000, ge=100)
    """Bootstrap resamples."""
    workers: int = Field(default=1, ge=1)
    """Cells that run at the same time. They share the processor's threads."""
    keep_model: bool = True
    """Keep the model of the cell with the best dev F1."""
    curve_points: int = Field(default=8, ge=0)
    """Number of measurements of dev F1 during each training, for the learning curves of the report.
    0: none. They change neither the training nor a score. Finished cells are not trained again for
    them."""
    curve_documents: int = Field(default=100, ge=1)
    """Number of dev documents of each measurement, the same for all regimens of a seed."""
    mechanism: MechanismConfig = MechanismConfig()
    """Measurements during training, to explain why a regimen wins."""

    def sizes(self) -> tuple[tuple[int | None, ...], tuple[int | None, ...]]:
        """Return the numbers of gold and of silver documents in the grid; None: all."""
        gold, silver = (
            size if isinstance(size, tuple) else (size,)
            for size in (self.gold_documents, self.silver_documents)
        )
        return gold, silver


class PlanConfig(Section):
    """``[plan]``: prices of documents, and the budget for the next purchase."""

    gold_price: float | None = Field(default=None, gt=0)
    """Price of one gold document: a person's time."""
    silver_price: float | None = Field(default=None, gt=0)
    """Price of one silver document: the teacher's tokens (see vermeil annotate --dry-run)."""
    budget: float | None = Field(default=None, gt=0)
    """Money for the next purchase. none: no purchase is recommended."""
    currency: str = "$"
    """Currency sign before prices."""
    gold: int | None = Field(default=None, ge=0)
    """Gold documents in stock. none: the largest number in the study."""
    silver: int | None = Field(default=None, ge=0)
    """Silver documents in stock. none: the largest number in the study."""
    regimen: str | None = None
    """Regimen to fit the learning curve to. none: the blend with the best F1 over all sizes."""
    resamples: int = Field(default=1000, ge=100)
    """Bootstrap resamples; a curve is fitted to each."""
