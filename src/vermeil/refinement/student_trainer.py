"""How those are trained whose opinion of silver counts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from vermeil.blending.config import BlendingConfig
from vermeil.data.document import UNANNOTATED, Document
from vermeil.data.progress import Progress, silent
from vermeil.student.config import Context, StudentConfig
from vermeil.tasks.protocol import Task
from vermeil.training.fit import train_student

if TYPE_CHECKING:
    from vermeil.student.student import Student


SIMPLE_MIX: dict[str, Any] = {"regimen": "simple_mix", "gold_tail": 0.0}
"""The blend of whoever learns silver as it is, or silver of which some errors are left."""


@dataclass(frozen=True, slots=True)
class ScorerSettings:
    """How students are trained whose opinion counts.

    Args:
        task: what they do.
        student: encoder and training settings.
        blending: the budget; each of them sets the regimen that suits it.
        seed: draws folds and students.
        folder: where their probabilities are kept.
    """

    task: Task
    student: StudentConfig
    blending: BlendingConfig
    seed: int
    folder: Path

    def with_blending(self, settings: Mapping[str, Any]) -> ScorerSettings:
        """Return the same with other settings of the blend."""
        return replace(self, blending=self.blending.model_copy(update=dict(settings)))

    def with_context(self, context: Context) -> ScorerSettings:
        """Return the same with another context, where the task marks words."""
        if self.task.head != "token":
            return self
        return replace(self, student=self.student.model_copy(update={"context": context}))

    def simple_blending(self, regimen: str, **budget: Any) -> BlendingConfig:
        """Return a regimen in its simplest form, with so many passes over each origin.

        Args:
            regimen: its name.
            budget: what is different from ``blending.budget``.
        """
        own = self.blending.budget
        passes = {"gold_epochs": own.gold_epochs, "silver_epochs": own.silver_epochs}
        size = {"batch_wordpieces": own.batch_wordpieces}
        return BlendingConfig.model_validate(
            {"regimen": regimen, "budget": {**passes, **size, **budget}}
        )


def train_scorer(
    student: Student,
    gold: Sequence[Document],
    silver: Sequence[Document],
    blending: BlendingConfig,
    seed: int,
    progress: Progress = silent,
) -> None:
    """Train a student in place.

    Args:
        student: untrained, or with what it has learnt before.
        gold: documents that people annotated.
        silver: documents that the teacher annotated.
        blending: regimen and budget.
        seed: draws batches and dropout.
        progress: told after every step.
    """
    from vermeil.student.loop.loop import TrainingHooks

    encoded = student.encode(gold, "gold"), student.encode(silver, "silver")
    train_student(student, *encoded, blending, seed, TrainingHooks(progress))


def predict_proba(
    student: Student, documents: Sequence[Document]
) -> Iterator[tuple[str, NDArray[np.float32]]]:
    """Yield the id of every document and the student's class probabilities of it.

    Whatever annotation a document has is not shown.
    """
    plain = [d.with_annotation(UNANNOTATED) for d in documents]
    for one, rows in student.predictor().predict_proba(plain):
        yield one.document.id, rows


def fit_predict(
    gold: Sequence[Document],
    silver: Sequence[Document],
    documents: Sequence[Document],
    scorer_settings: ScorerSettings,
    progress: Progress = silent,
) -> Iterator[tuple[str, NDArray[np.float32]]]:
    """Train a fresh student; yield what it says, as `ask` does.

    Args:
        gold: documents that people annotated.
        silver: documents that the teacher annotated.
        documents: documents that it is asked about.
        scorer_settings: all that decides how it learns.
        progress: told after every step.
    """
    from vermeil.student.student import Student

    student = Student.create(scorer_settings.task, scorer_settings.student, scorer_settings.seed)
    train_scorer(student, gold, silver, scorer_settings.blending, scorer_settings.seed, progress)
    yield from predict_proba(student, documents)
