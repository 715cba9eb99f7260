"""Thresholds of a student that decides about every label of a text separately."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from vermeil.data.document import UNANNOTATED, Document
from vermeil.data.example import IGNORED
from vermeil.evaluation.thresholds import best_threshold
from vermeil.tasks import make_task

if TYPE_CHECKING:
    from vermeil.student.student import Student


def fit_thresholds(student: Student, dev: Sequence[Document]) -> dict[str, float]:
    """Fit the threshold of every label on dev, and give the student a task that uses them.

    A label keeps its configured threshold, or 0.5 if dev has too few documents with it. Students of
    other tasks do not change.

    Args:
        student: a trained student.
        dev: annotated documents that the student was not trained on; may be empty.

    Returns:
        The fitted thresholds by label.
    """
    task = student.task
    annotated = [document for document in dev if not document.annotation.is_empty]
    if task.head != "sequence_per_label" or not annotated:
        return {}
    plain = [document.with_annotation(UNANNOTATED) for document in annotated]
    rows = [found[0] for _, found in student.predictor("fp32").calibrated_proba(plain)]
    scores = np.stack(rows).astype(np.float64)
    truth = np.stack([task.encode(document, ()).classes for document in annotated])
    fitted: dict[str, float] = {}
    for number, label in enumerate(task.labels):
        known = truth[:, number] != IGNORED
        if task.config.labels[label].threshold is None:
            found = best_threshold(scores[known, number], truth[known, number] == 1)
            if found is not None:
                fitted[label] = found
    if fitted:
        student.task = make_task(task.config.with_thresholds(fitted))
    return fitted
