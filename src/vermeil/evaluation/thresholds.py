"""Thresholds of yes-or-no decisions, fitted for the highest F1.

Source: Z. Lipton, C. Elkan and B. Naryanaswamy, Optimal Thresholding of Classifiers to Maximize F1
Measure (ECML PKDD 2014).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

MINIMUM_POSITIVES = 5
"""Smallest number of documents with a label for which a threshold is fitted."""
LOWEST, HIGHEST = 0.02, 0.98
"""Range of fitted thresholds. Outside of it, a few documents would decide."""


def best_threshold(scores: NDArray[np.float64], correct: NDArray[np.bool_]) -> float | None:
    """Return the threshold with the highest F1; None with fewer than `MINIMUM_POSITIVES`.

    Equal values of F1 have the threshold closest to one half. A threshold is halfway between two
    scores.

    Args:
        scores: probability of each item, shape (items,).
        correct: whether each item is positive, same shape.
    """
    positives = int(correct.sum())
    if positives < MINIMUM_POSITIVES:
        return None
    order = np.argsort(-scores, kind="stable")
    ranked, hits = scores[order], np.cumsum(correct[order])
    taken = np.arange(1, len(ranked) + 1)
    f1 = 2 * hits / (taken + positives)
    below = np.append(ranked[1:], 0.0)
    between = np.clip((ranked + below) / 2, LOWEST, HIGHEST)
    allowed = (below < between) & (between <= ranked)  # equal scores cannot be separated
    if not allowed.any():
        return None
    best = f1[allowed].max()
    chosen = between[allowed][f1[allowed] >= best - 1e-12]
    return round(float(chosen[np.abs(chosen - 0.5).argmin()]), 4)


def at_temperature(threshold: float, before: float, after: float) -> float:
    """Return the threshold that makes the same decisions after a change of the temperature.

    Args:
        threshold: threshold of the probability at the temperature ``before``.
        before: divisor of the logits for which the threshold was fitted.
        after: the new divisor.
    """
    logit = math.log(threshold / (1 - threshold)) * before / after
    return min(max(1 / (1 + math.exp(-logit)), 1e-12), 1 - 1e-12)
