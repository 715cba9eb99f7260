"""Training helpers for the students that score silver."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from vermeil.data.document import UNANNOTATED, Annotation, Document
from vermeil.data.progress import Progress, silent
from vermeil.refinement.cache import PAIRS, as_stored
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


def predict_with_pairs(
    student: Student,
    documents: Sequence[Document],
    annotations: Mapping[str, Annotation] | None,
) -> Iterator[tuple[str, NDArray[np.float32]]]:
    """Yield the class probabilities of every document, then its scored pairs under their own key.

    Args:
        student: the student. Without a pair head, it has no scored pairs.
        documents: documents to predict.
        annotations: the annotations whose pairs of spans are scored, by id of the document.
            Documents without an entry have no scored pairs. None: the spans that the student
            predicts.
    """
    predictor = student.predictor()
    if predictor.pairs is None:
        yield from predict_proba(student, documents)
        return
    plain = [document.with_annotation(UNANNOTATED) for document in documents]
    for output in predictor.block_outputs(plain):
        key, words = output.encoded.document.id, output.encoded.words
        rows = as_stored(output.rows)
        yield key, rows
        annotation = (
            predictor.task.decode(words, rows) if annotations is None else annotations.get(key)
        )
        if annotation is None:
            continue
        pairs = predictor.pairs.task.annotated_pairs(annotation, words)
        held, scored = predictor.pairs.score(pairs, output.windows, output.states)
        yield f"{key}{PAIRS}", np.concatenate([held.pairs.astype(np.float32), scored], axis=1)


def fit_predict(
    job: TrainJob,
    documents: Sequence[Document],
    progress: Progress = silent,
    annotations: Mapping[str, Annotation] | None = None,
) -> Iterator[tuple[str, NDArray[np.float32]]]:
    """Train a new student, then yield the class probabilities and scored pairs of every document.

    Args:
        job: documents and settings of the training.
        documents: documents to predict.
        progress: called after every step of the training with stage, done, total and details.
        annotations: as for `predict_with_pairs`.
    """
    from vermeil.student.student import Student

    student = Student.create(job.task, job.student, job.seed)
    train_scorer(student, job, progress)
    yield from predict_with_pairs(student, documents, annotations)
