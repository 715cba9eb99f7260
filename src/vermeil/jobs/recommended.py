"""The regimen recommended: which regimen it stands for, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from vermeil.blending.advice import BlendAdvice
from vermeil.blending.config import RegimenName
from vermeil.data.document import Document
from vermeil.jobs.appraise import MINIMUM_ITEMS, blend_advice
from vermeil.tasks.protocol import Task
from vermeil.training.job import TrainJob

WITHOUT_MEASUREMENT: RegimenName = "simple_mix"
"""The regimen if the teacher's F1 cannot be measured. Evidence: docs/decisions/0022."""


@dataclass(frozen=True, slots=True)
class Recommendation:
    """The regimen that the regimen recommended stands for.

    Args:
        regimen: the regimen to train with.
        reason: why, one sentence.
    """

    regimen: RegimenName
    reason: str


def with_regimen(job: TrainJob, regimen: RegimenName) -> TrainJob:
    """Return the job with another regimen."""
    return replace(job, blending=job.blending.model_copy(update={"regimen": regimen}))


def recommend(gold: Sequence[Document], silver: Sequence[Document], task: Task) -> Recommendation:
    """Return the regimen for gold and silver, by the teacher's F1 on gold that it annotated, too.

    Args:
        gold: documents that people annotated.
        silver: the teacher's annotations, of texts of gold and of others.
        task: defines how annotations are scored.
    """
    return recommendation_of(blend_advice(gold, silver, task), task)


def recommendation_of(advice: BlendAdvice | None, task: Task) -> Recommendation:
    """Return the regimen for an advice; None: the teacher's F1 could not be measured."""
    if advice is not None:
        return Recommendation(advice.regimen, advice.sentence)
    if task.head != "token":
        return Recommendation(
            WITHOUT_MEASUREMENT, "regimens were compared by the teacher's F1 for entities only"
        )
    return Recommendation(
        WITHOUT_MEASUREMENT,
        "the teacher's F1 is not known, because it annotated gold texts with fewer than "
        f"{MINIMUM_ITEMS} gold labels (see teacher.annotate_gold)",
    )
