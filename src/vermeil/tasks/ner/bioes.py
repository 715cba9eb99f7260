"""Decoding of BIOES: the most probable valid sequence of classes."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

_SMALLEST = 1e-30
"""Lower bound of probabilities, so that their logarithms are finite."""

_PER_LABEL = 4
"""Number of classes of a label: B, I, E, S."""


def best_bioes_path(
    probabilities: NDArray[np.floating], greedy: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return the most probable valid sequence (Viterbi 1967).

    Args:
        probabilities: shape (words, classes); classes O, B-L1, I-L1, E-L1, S-L1, B-L2, ….
        greedy: the most probable class of each word; returned if this sequence is valid.
    """
    forbidden, opens, closes = _transition_rules(probabilities.shape[1])
    if not len(greedy):
        return greedy
    if opens[greedy[0]] and closes[greedy[-1]] and not forbidden[greedy[:-1], greedy[1:]].any():
        return greedy
    scores = np.log(np.maximum(probabilities.astype(np.float64), _SMALLEST))
    came_from = np.zeros(scores.shape, dtype=np.int64)
    best = np.where(opens, scores[0], -np.inf)
    penalties = np.where(forbidden, -np.inf, 0.0)
    for step in range(1, len(scores)):
        longer = best[:, None] + penalties
        came_from[step] = longer.argmax(axis=0)
        best = scores[step] + longer.max(axis=0)
    path = np.empty(len(scores), dtype=np.int64)
    path[-1] = np.where(closes, best, -np.inf).argmax()
    for step in range(len(scores) - 1, 0, -1):
        path[step - 1] = came_from[step, path[step]]
    return path


@lru_cache
def _transition_rules(
    classes: int,
) -> tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.bool_]]:
    """Return the forbidden transitions, the valid first classes and the valid last classes."""
    numbers = np.arange(classes)
    label, prefix = (numbers - 1) // _PER_LABEL, (numbers - 1) % _PER_LABEL
    outside = numbers == 0
    has_next = ~outside & (prefix <= 1)  # B and I: the span continues with the next word
    has_previous = ~outside & ((prefix == 1) | (prefix == 2))  # I and E: the span began before
    same = label[:, None] == label[None, :]
    within = has_next[:, None] & has_previous[None, :] & same
    between = ~has_next[:, None] & ~has_previous[None, :]
    return ~(within | between), ~has_previous, ~has_next
