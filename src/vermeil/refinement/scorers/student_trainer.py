"""Training helpers for the students that score silver."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from vermeil.data.document import UNANNOTATED, Document
from vermeil.data.progress import Progress, silent
from vermeil.student.loop.hooks import TrainingHooks
from vermeil.training.fit import fit_job
from vermeil.training.job import TrainJob

if TYPE_CHECKING:
    from vermeil.student.student import Student


def train_scorer(student: Student, job: TrainJob, progress: Progress = silent) -> None:
    """Train a student in place.

    Args:
        student: untrained, or with the weights of an earlier training.
        job: documents, blending and seed; its schedule is for the final student only.
        progress: called after every step with stage, done, total and details.
    """
    fit_job(student, replace(job, schedule=None), TrainingHooks(progress))


def predict_proba(
    student: Student, documents: Sequence[Document]
) -> Iterator[tuple[str, NDArray[np.float32]]]:
    """Yield the id and the class probabilities of every document.

    The student does not read the annotations that the documents may have.
    """
    plain = [document.with_annotation(UNANNOTATED) for document in documents]
    for encoded, rows in student.predictor().predict_proba(plain):
        yield encoded.document.id, rows


def fit_predict(
    job: TrainJob, documents: Sequence[Document], progress: Progress = silent
) -> Iterator[tuple[str, NDArray[np.float32]]]:
    """Train a new student, then yield the id and the class probabilities of every document.

    Args:
        job: documents and settings of the training.
        documents: documents to predict.
        progress: called after every step of the training with stage, done, total and details.
    """
    from vermeil.student.student import Student

    student = Student.create(job.task, job.student, job.seed)
    train_scorer(student, job, progress)
    yield from predict_proba(student, documents)
