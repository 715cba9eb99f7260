"""Regions of classification: a text as a whole, with its possible labels as candidates."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from vermeil.data.document import Document
from vermeil.data.region import Candidate, Region

_SMALLEST = 1e-6
"""Least probability of a candidate, so that logarithms are finite."""

Rows = Sequence[NDArray[np.float32] | None]
"""Probabilities of the students (None: there are none), then of each auxiliary scorer."""


def text_region(
    document: Document, labels: Sequence[str], teacher: Candidate, rows: Rows
) -> Region:
    """Return the whole text as one region: every label is a candidate, and exactly one is right.

    Args:
        document: the document.
        labels: the label set.
        teacher: the teacher's label as a span key.
        rows: class probabilities, each of shape (1, labels).
    """
    whole = 0, len(document.text)
    candidates = tuple(((*whole, label),) for label in labels)
    uniform = np.ones((1, len(candidates)), np.float32)
    scorers = [uniform if one is None else one for one in rows]
    log_probs, *others = (_log_normalise(one[0].astype(np.float64)) for one in scorers)
    teacher_choice = candidates.index(teacher)
    student_choice = teacher_choice if rows[0] is None else int(log_probs.argmax())
    auxiliary = np.array(others).reshape(len(others), len(candidates))
    return Region(*whole, candidates, log_probs, teacher_choice, student_choice, auxiliary)


def label_regions(
    document: Document,
    labels: Sequence[str],
    teacher: Candidate,
    rows: Rows,
    thresholds: NDArray[np.float64],
) -> tuple[Region, ...]:
    """Return one region per label that the teacher decided on: it applies, or it does not.

    Args:
        document: the document.
        labels: the label set.
        teacher: the teacher's labels as span keys.
        rows: probability of each label, each of shape (1, labels).
        thresholds: minimum probability of each label under the students, shape (labels,).
    """
    whole = 0, len(document.text)
    unknown = document.annotation.unknown_labels
    found = []
    for number, label in enumerate(labels):
        key = (*whole, label)
        if label in unknown and key not in teacher:
            continue
        own = [0.5 if one is None else float(one[0, number]) for one in rows]
        log_probs, *others = (_log_normalise(np.array([1 - p, p])) for p in own)
        teacher_choice = int(key in teacher)
        student_choice = teacher_choice if rows[0] is None else int(own[0] >= thresholds[number])
        auxiliary = np.array(others).reshape(len(others), 2)
        choices = teacher_choice, student_choice
        found.append(Region(*whole, ((), (key,)), log_probs, *choices, auxiliary, label))
    return tuple(found)


def _log_normalise(probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    positive = np.maximum(probabilities, _SMALLEST)
    result: NDArray[np.float64] = np.log(positive / positive.sum())
    return result
