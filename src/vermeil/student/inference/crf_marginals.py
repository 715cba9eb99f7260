"""Marginal class probabilities of a linear-chain CRF, in numpy."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def marginals(
    probabilities: NDArray[np.float32], transitions: Sequence[Sequence[float]]
) -> NDArray[np.float32]:
    """Return the marginal probability of each class of each word (forward–backward algorithm).

    Args:
        probabilities: class probabilities of the network, shape (words, classes).
        transitions: log score of every pair of successive classes.
    """
    factors = np.exp(np.asarray(transitions, np.float64))
    own = np.maximum(probabilities.astype(np.float64), 1e-30)
    forward, backward = np.empty_like(own), np.empty_like(own)
    before, after = factors[0], factors[:, 0]
    for t in range(len(own)):
        alpha = before * own[t]
        forward[t] = alpha / alpha.sum()
        before = forward[t] @ factors
    for t in range(len(own) - 1, -1, -1):
        backward[t] = after / after.sum()
        after = factors @ (backward[t] * own[t])
    both = forward * backward
    result: NDArray[np.float32] = (both / both.sum(axis=1, keepdims=True)).astype(np.float32)
    return result
