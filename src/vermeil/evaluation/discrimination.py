"""Discrimination of scores between correct and wrong items, independent of their scale.

Sources: T. Fawcett, An introduction to ROC analysis (Pattern Recognition Letters 27, 2006), for the
area under the ROC curve; M. Nadeem, J.-D. Zucker and B. Hanczar, Accuracy-Rejection Curves for
Comparing Classification Methods with a Reject Option (MLSB 2009), for accuracy and rejection.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def auroc(scores: Sequence[float], correct: Sequence[bool]) -> float | None:
    """Return the area under the ROC curve.

    It is the probability that a correct item has a higher score than a wrong one; ties count half.
    None if all items are correct or all are wrong.

    Args:
        scores: score of each item on any scale; higher means more reliable.
        correct: whether each item is correct.
    """
    outcomes = np.asarray(correct, bool)
    positives, negatives = int(outcomes.sum()), int((~outcomes).sum())
    if not positives or not negatives:
        return None
    rank_sum = float(_mean_ranks(np.asarray(scores, np.float64))[outcomes].sum())
    return (rank_sum - positives * (positives + 1) / 2) / (positives * negatives)


def auarc(scores: Sequence[float], correct: Sequence[bool]) -> float | None:
    """Return the area under the accuracy-rejection curve.

    It is the mean, over all k, of the accuracy of the k items with the highest scores. Tied items
    share their mean accuracy. None without items.

    Args:
        scores: score of each item on any scale; higher means more reliable.
        correct: whether each item is correct.
    """
    values, outcomes = np.asarray(scores, np.float64), np.asarray(correct, np.float64)
    if not len(values):
        return None
    _, group, sizes = np.unique(-values, return_inverse=True, return_counts=True)
    share = np.bincount(group, weights=outcomes) / sizes
    kept = np.arange(1, len(values) + 1)
    return float((np.cumsum(np.repeat(share, sizes)) / kept).mean())


def _mean_ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the rank of each value, from 1 for the lowest; ties share their mean rank."""
    _, group, sizes = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(sizes)
    ranks: NDArray[np.float64] = (last - (sizes - 1) / 2)[group]
    return ranks
