"""Scores of labels of whole texts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vermeil.data.counts import Counts, MatchCounts
from vermeil.tasks.labels import NO_LABEL

DIGITS = 4
"""Digits of the scores of labels."""


def label_scores(labels: Sequence[str], row: NDArray[np.floating[Any]]) -> dict[str, float]:
    """Return the score of each label.

    Args:
        labels: the labels.
        row: probability of each label, shape (labels,).
    """
    return {label: round(min(1.0, float(p)), DIGITS) for label, p in zip(labels, row, strict=True)}


def count_labels(expected: set[str], found: set[str]) -> Counts:
    """Score the labels of one document; if each side has one label, micro F1 is the accuracy.

    Args:
        expected: the gold labels.
        found: the predicted labels.
    """
    per_label = {
        label: MatchCounts(
            int(label in expected & found), int(label in found), int(label in expected)
        )
        for label in sorted(expected | found)
    }
    return Counts(per_label, None, _confusion(expected, found), documents=1)


def _confusion(gold: set[str], predicted: set[str]) -> dict[tuple[str, str], int]:
    if len(gold) == 1 and len(predicted) == 1:
        return {(min(gold), min(predicted)): 1}
    pairs = {(label, label): 1 for label in gold & predicted}
    pairs |= {(label, NO_LABEL): 1 for label in gold - predicted}
    return pairs | {(NO_LABEL, label): 1 for label in predicted - gold}
