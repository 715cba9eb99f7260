"""Settings of the scorers: how they are trained, and where their probabilities are stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from vermeil.blending.config import BlendingConfig
from vermeil.data.document import Annotation, Document
from vermeil.refinement.cache import ProbabilityCache
from vermeil.student.config import Context
from vermeil.training.job import TrainJob

SIMPLE_MIX: Mapping[str, Any] = {"regimen": "simple_mix", "gold_tail": 0.0}
"""Blending of scorers that are trained on silver with errors."""
GOLD_ONLY: Mapping[str, Any] = {"regimen": "gold_only", "gold_tail": 0.0}
"""Blending of scorers where there is no silver."""


@dataclass(frozen=True, slots=True)
class ScorerSettings:
    """Training settings of the scorers and the cache of their probabilities.

    Args:
        job: documents and settings of the trainings. Each scorer sets its own regimen.
        cache: stores the class probabilities.
        teacher: of a task with relations, the teacher's annotations whose pairs of spans the
            students score, by id of the document.
    """

    job: TrainJob
    cache: ProbabilityCache
    teacher: Mapping[str, Annotation] = field(default_factory=dict)

    def with_documents(
        self, gold: Sequence[Document], silver: Sequence[Document]
    ) -> ScorerSettings:
        """Return the settings with other training documents."""
        return replace(self, job=replace(self.job, gold=gold, silver=silver))

    def with_blending(self, values: Mapping[str, Any]) -> ScorerSettings:
        """Return the settings with some values of the blending replaced."""
        blending = self.job.blending.model_copy(update=dict(values))
        return replace(self, job=replace(self.job, blending=blending))

    def with_context(self, context: Context) -> ScorerSettings:
        """Return the settings with another context, if the task marks words."""
        if self.job.task.head == "sequence":
            return self
        student = self.job.student.model_copy(update={"context": context})
        return replace(self, job=replace(self.job, student=student))

    def with_seed(self, seed: int) -> ScorerSettings:
        """Return the settings with another seed."""
        return replace(self, job=replace(self.job, seed=seed))


def simple_blending(blending: BlendingConfig, regimen: str, **budget: Any) -> BlendingConfig:
    """Return a regimen in its simplest form, with the epochs and batch size of a blending.

    Args:
        blending: its budget gives epochs and batch size.
        regimen: name of the regimen.
        budget: keys of ``blending.budget`` with other values.
    """
    own = blending.budget
    epochs = {"gold_epochs": own.gold_epochs, "silver_epochs": own.silver_epochs}
    size = {"batch_wordpieces": own.batch_wordpieces}
    return BlendingConfig.model_validate(
        {"regimen": regimen, "budget": {**epochs, **size, **budget}}
    )
