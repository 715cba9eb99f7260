"""What words' probabilities are in view of which class follows which; knows no torch."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def marginals(
    probabilities: NDArray[np.float32], transitions: Sequence[Sequence[float]]
) -> NDArray[np.float32]:
    """Return the probability of each class of each word given the whole chain.

    The forward–backward algorithm, in numpy: prediction needs no torch for it.

    Args:
        probabilities: shape (words, classes), each word's by itself.
        transitions: log scores from each class to each class.
    """
    factors = np.exp(np.asarray(transitions, np.float64))
    own = np.maximum(probabilities.astype(np.float64), 1e-30)
    forward, backward = np.empty_like(own), np.empty_like(own)
    before, after = factors[0], factors[:, 0]
    for t in range(len(own)):
        here = before * own[t]
        forward[t] = here / here.sum()
        before = forward[t] @ factors
    for t in range(len(own) - 1, -1, -1):
        backward[t] = after / after.sum()
        after = factors @ (backward[t] * own[t])
    both = forward * backward
    result: NDArray[np.float32] = (both / both.sum(axis=1, keepdims=True)).astype(np.float32)
    return result
