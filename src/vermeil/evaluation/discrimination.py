"""How well scores tell right from wrong, whatever their scale.

Sources: T. Fawcett, An introduction to ROC analysis (Pattern Recognition Letters 27, 2006), for the
area under the ROC curve; M. Nadeem, J.-D. Zucker and B. Hanczar, Accuracy-Rejection Curves for
Comparing Classification Methods with a Reject Option (MLSB 2009), for accuracy and rejection.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def auroc(scores: Sequence[float], correct: Sequence[bool]) -> float | None:
    """Return the probability that a right item has a higher score than a wrong one.

    Ties count half. None where all items are right, or all are wrong.

    Args:
        scores: one per item; any scale, higher is more trusted.
        correct: whether the item is right.
    """
    right = np.asarray(correct, bool)
    positives, negatives = int(right.sum()), int((~right).sum())
    if not positives or not negatives:
        return None
    rank_sum = float(_mean_ranks(np.asarray(scores, np.float64))[right].sum())
    return (rank_sum - positives * (positives + 1) / 2) / (positives * negatives)


def auarc(scores: Sequence[float], correct: Sequence[bool]) -> float | None:
    """Return the area under the accuracy-rejection curve.

    It is the mean accuracy of the most trusted k items, over all k: what is right of what is kept
    when nobody says how much is to be kept. Tied items are taken as equally good. None where there
    is no item.

    Args:
        scores: one per item; any scale, higher is more trusted.
        correct: whether the item is right.
    """
    said, right = np.asarray(scores, np.float64), np.asarray(correct, np.float64)
    if not len(said):
        return None
    _, group, sizes = np.unique(-said, return_inverse=True, return_counts=True)
    share = np.bincount(group, weights=right) / sizes
    kept = np.arange(1, len(said) + 1)
    return float((np.cumsum(np.repeat(share, sizes)) / kept).mean())


def _mean_ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the rank of each value, from 1, the lowest first; ties share their mean rank."""
    _, group, sizes = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(sizes)
    ranks: NDArray[np.float64] = (last - (sizes - 1) / 2)[group]
    return ranks
