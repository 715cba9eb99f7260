"""Thresholds of a student's decisions about the labels of a text, and about relations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, cast

import numpy as np

from vermeil.data.counts import Counts
from vermeil.data.document import UNANNOTATED, Document
from vermeil.data.example import IGNORED
from vermeil.evaluation.thresholds import best_threshold
from vermeil.student.inference.batching import apply_temperature
from vermeil.tasks import make_task
from vermeil.tasks.config import DEFAULT_RELATION_THRESHOLD
from vermeil.tasks.pair_task import PairTask
from vermeil.tasks.protocol import Task

if TYPE_CHECKING:
    from vermeil.student.student import Student

MINIMUM_RELATIONS = 20
"""Smallest number of relations on dev for which a threshold is fitted."""

RELATION_THRESHOLDS = tuple(round(0.05 * n, 2) for n in range(2, 13))
"""Tried thresholds of relations. Steps are wide, so that a few relations do not decide."""


def fit_thresholds(student: Student, dev: Sequence[Document]) -> dict[str, float]:
    """Fit thresholds on dev, and give the student a task that uses them.

    Labels of a text that may have several, and types of relations, have thresholds. Students of
    other tasks do not change.

    Args:
        student: a trained student.
        dev: annotated documents that the student was not trained on; may be empty.

    Returns:
        The fitted thresholds by label or type of relation.
    """
    annotated = [document for document in dev if not document.annotation.is_empty]
    if student.task.head == "sequence_per_label" and annotated:
        return _fit_labels(student, annotated)
    if student.task.head == "pair" and annotated:
        return _fit_relations(student, annotated)
    return {}


def _fit_labels(student: Student, dev: Sequence[Document]) -> dict[str, float]:
    """Fit the threshold of every label that has none in the configuration.

    A label keeps 0.5 if dev has too few documents with it.
    """
    task = student.task
    plain = [document.with_annotation(UNANNOTATED) for document in dev]
    rows = [found[0] for _, found in student.predictor("fp32").calibrated_proba(plain)]
    scores = np.stack(rows).astype(np.float64)
    truth = np.stack([task.encode(document, ()).classes for document in dev])
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


def _fit_relations(student: Student, dev: Sequence[Document]) -> dict[str, float]:
    """Fit one threshold of all types of relations that have none in the configuration.

    It has the highest strict F1 on dev; of equal ones, the one closest to the default is taken.
    The types keep the default if dev has fewer than `MINIMUM_RELATIONS` relations.
    """
    task, predictor = student.task, student.predictor("fp32")
    known = [document for document in dev if document.relations is not None]
    free = [name for name, one in task.config.relations.items() if one.threshold is None]
    if predictor.pairs is None or not free:
        return {}
    if sum(len(document.relations or ()) for document in known) < MINIMUM_RELATIONS:
        return {}
    scored = []
    plain = [document.with_annotation(UNANNOTATED) for document in known]
    for document, output in zip(known, predictor.outputs(plain), strict=True):
        words = output.encoded.words
        decoded = task.decode(words, output.rows)
        pairs, rows = predictor.pairs.probabilities(decoded, words, output.windows, output.states)
        rows = apply_temperature(rows, predictor.pairs.temperature)
        scored.append((document.annotation, decoded, pairs, rows))

    def f1_at(threshold: float) -> float:
        decided = _decided_at(task, dict.fromkeys(free, threshold))
        counts = (
            decided.count(gold, decided.decode_pairs(found, pairs, rows))
            for gold, found, pairs, rows in scored
        )
        return sum(counts, Counts()).overall.f1

    def preference(threshold: float) -> tuple[float, float]:
        return f1_at(threshold), -abs(threshold - DEFAULT_RELATION_THRESHOLD)

    fitted = dict.fromkeys(free, max(RELATION_THRESHOLDS, key=preference))
    student.task = _decided_at(task, fitted)
    return fitted


def _decided_at(task: Task, thresholds: Mapping[str, float]) -> PairTask:
    """Return a task with other thresholds of its relations."""
    return cast("PairTask", make_task(task.config.with_relation_thresholds(thresholds)))
