"""Training dynamics: probabilities of a student of the teacher alone, early and late in training.

Networks fit regular labels first and memorise single errors later (Arpit et al., A Closer Look at
Memorization in Deep Networks, 2017; Swayamdipta et al., Dataset Cartography, 2020). A label that is
probable after one epoch is more often correct than one that is probable only after several.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from vermeil.data.document import Document
from vermeil.data.progress import Progress, silent, with_stage_name
from vermeil.refinement.cache import ClassProbabilities, ProbabilityStream, cache_key
from vermeil.refinement.judge_corpora import JudgeCorpora
from vermeil.refinement.scorers.settings import ScorerSettings, simple_blending
from vermeil.refinement.scorers.student_trainer import predict_proba
from vermeil.student.loop.hooks import TrainingHooks
from vermeil.training.fit import plan_for
from vermeil.training.job import TrainJob

if TYPE_CHECKING:
    from vermeil.student.student import Student

VERSION = 1
"""Version of the method; a new version ignores the cached probabilities of earlier ones."""

DEFAULT_PASSES = 3.0
"""Passes over silver without a setting; the first and the last one must differ."""

_EARLY, _LATE = "learnt early", "learnt late"
"""Names in cached files, which earlier versions wrote, too."""

NAMES = {_EARLY: "dynamics, first pass", _LATE: "dynamics, last pass"}
"""Name in cached files to name of the scorer."""


def dynamics_probabilities(
    judge_corpora: JudgeCorpora, settings: ScorerSettings, progress: Progress = silent
) -> dict[str, ClassProbabilities]:
    """Return class probabilities of all documents from a student of the teacher's labels.

    The student is also trained on the teacher's labels of gold documents, and on no label that
    people gave. Gold and silver documents are alike to it, so its quality on gold holds for silver.

    Args:
        judge_corpora: gold with the teacher's annotations, and the rest of silver.
        settings: settings of the student; it is trained for the epochs of silver. The cache.
        progress: called after every step with stage, done, total and details.

    Returns:
        By name of the scorer: the probabilities after the first and after the last epoch.
    """
    documents = judge_corpora.teacher_documents
    job = replace(settings.job, gold=(), silver=documents)
    key = cache_key(f"dynamics:{VERSION}", (documents,), job)
    both = settings.cache.get(f"{key}-{job.seed}-dynamics", partial(_fit_predict, job, progress))
    return {
        name: {d.id: both[f"{d.id}\n{stored}"] for d in documents} for stored, name in NAMES.items()
    }


def _fit_predict(job: TrainJob, progress: Progress) -> ProbabilityStream:
    from vermeil.student.student import Student

    student = Student.create(job.task, job.student, job.seed)
    gold, silver = student.encode((), "gold"), student.encode(job.silver, "silver")
    passes = job.blending.budget.silver_epochs or DEFAULT_PASSES
    blending = simple_blending(job.blending, "silver_only", silver_epochs=passes)
    plan = plan_for(gold, silver, blending, job.seed)
    epoch = max(1, round(plan.steps / passes))
    early = _EarlyPredictions(student, job.silver, min(epoch, plan.steps))
    hooks = TrainingHooks(with_stage_name(progress, "dynamics"), observer=early)
    student.fit(silver.examples, plan, job.seed, hooks)
    yield from early.probabilities
    yield from _predict_named(student, job.silver, _LATE)


def _predict_named(student: Student, documents: Sequence[Document], name: str) -> ProbabilityStream:
    for document_id, rows in predict_proba(student, documents):
        yield f"{document_id}\n{name}", rows


class _EarlyPredictions:
    """Observer that predicts all documents after one step.

    Args:
        student: the student in training.
        documents: documents to predict.
        step: number of the step, counted from 1.
    """

    def __init__(self, student: Student, documents: Sequence[Document], step: int) -> None:
        self._student, self._documents, self._step = student, documents, step
        self.probabilities: list[tuple[str, NDArray[np.float32]]] = []

    def is_due(self, step: int) -> bool:
        """Return whether to observe after this step, counted from 1."""
        return step == self._step

    def observe(self, step: int) -> None:  # noqa: ARG002
        """Predict all documents."""
        self.probabilities = list(_predict_named(self._student, self._documents, _EARLY))
