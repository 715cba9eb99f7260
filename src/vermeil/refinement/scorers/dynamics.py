"""Training dynamics: what a student of the teacher alone believes of it, early and late.

Networks learn what fits together first, and single errors by heart later (Arpit et al., A Closer
Look at Memorization in Deep Networks, 2017; Swayamdipta et al., Dataset Cartography, 2020): a label
that is believed after one pass is more probably right than one that is believed only after several.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from vermeil.data.document import Document
from vermeil.data.progress import Progress, silent, with_stage_name
from vermeil.refinement.cache import (
    ClassProbabilities,
    ProbabilityStream,
    cache_key,
    cached_probabilities,
)
from vermeil.refinement.judging import JudgeCorpora
from vermeil.refinement.student_trainer import ScorerSettings, predict_proba
from vermeil.training.fit import plan_for

if TYPE_CHECKING:
    from vermeil.student.student import Student

VERSION = 1
"""Raised when the same inputs would give other probabilities, so that kept ones are not reused."""


def dynamics_probabilities(
    judge_corpora: JudgeCorpora, scorer_settings: ScorerSettings, progress: Progress = silent
) -> dict[str, ClassProbabilities]:
    """Return class probabilities of all documents by a student that learns what the teacher says.

    It learns the teacher's labels of gold documents, too, and nothing of people: so to it gold and
    silver documents are alike, and what is found on gold holds on silver.

    Args:
        judge_corpora: gold that the teacher annotated, too, and the rest of silver.
        learning: encoder and budget: as many passes as there are over silver.
        progress: told after every step.

    Returns:
        ``learnt early``: after the first pass; ``learnt late``: after the last.
    """
    told = judge_corpora.teacher_documents
    made_from = cache_key(f"dynamics:{VERSION}", (told,), scorer_settings)
    path = scorer_settings.folder / f"{made_from}-{scorer_settings.seed}-dynamics.npz"
    both = cached_probabilities(path, partial(_fit_predict, told, scorer_settings, progress))
    return {
        name: {d.id: both[f"{d.id}\n{name}"] for d in told}
        for name in ("learnt early", "learnt late")
    }


def _fit_predict(
    teacher_documents: Sequence[Document], scorer_settings: ScorerSettings, progress: Progress
) -> ProbabilityStream:
    from vermeil.student.loop.loop import TrainingHooks
    from vermeil.student.student import Student

    student = Student.create(scorer_settings.task, scorer_settings.student, scorer_settings.seed)
    gold, silver = student.encode((), "gold"), student.encode(teacher_documents, "silver")
    plan = plan_for(
        gold, silver, scorer_settings.simple_blending("silver_only"), scorer_settings.seed
    )
    first = max(1, round(plan.steps / scorer_settings.blending.budget.silver_epochs))
    early = _EarlyPredictions(student, teacher_documents, min(first, plan.steps))

    around = TrainingHooks(with_stage_name(progress, "dynamics"), observer=early)
    student.fit(silver.examples, plan, scorer_settings.seed, around)
    yield from early.probabilities
    yield from _predict_named(student, teacher_documents, "learnt late")


def _predict_named(
    student: Student, teacher_documents: Sequence[Document], name: str
) -> ProbabilityStream:
    for own, rows in predict_proba(student, teacher_documents):
        yield f"{own}\n{name}", rows


class _EarlyPredictions:
    """Looks once, after a step."""

    def __init__(self, student: Student, teacher_documents: Sequence[Document], step: int) -> None:
        self._student, self._teacher_documents, self._step = student, teacher_documents, step
        self.probabilities: list[tuple[str, NDArray[np.float32]]] = []

    def is_due(self, step: int) -> bool:
        """Return whether it wants to look after this step, counted from 1."""
        return step == self._step

    def observe(self, step: int) -> None:  # noqa: ARG002
        """Look."""
        self.probabilities = list(
            _predict_named(self._student, self._teacher_documents, "learnt early")
        )
