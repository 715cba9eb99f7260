"""Assignment of word pairs to the windows of a document: a pair needs both ends in one window."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from vermeil.data.example import PairTarget, WordPairs, join_pairs
from vermeil.student.encoding.windows import Window

_STEPS = np.array([1, 2, 4, 8, 16, 32, 64])
DISTANCES = 2 * (len(_STEPS) + 1)
"""Number of classes of `distance_classes`."""


def window_of_pairs(pairs: WordPairs, windows: Sequence[Window]) -> NDArray[np.int64]:
    """Return the window of each pair: the one in which the pair is farthest from the edges.

    Args:
        pairs: pairs of ranges of the document's words.
        windows: the windows of the document, in order.

    Returns:
        int64, shape (pairs,): number of the window; -1 if no window holds both ends.
    """
    extents = pairs.extents
    best = np.full(len(extents), -1, np.int64)
    margins = np.full(len(extents), -1, np.int64)
    for number, window in enumerate(windows):
        margin = np.minimum(extents[:, 0] - window.first, window.last - extents[:, 1])
        better = margin > margins
        best[better], margins[better] = number, margin[better]
    return best


def pairs_by_window(
    target: PairTarget | None, windows: Sequence[Window]
) -> tuple[list[PairTarget | None], int]:
    """Divide the pairs of a text among its windows.

    Args:
        target: the pairs; None: there are none.
        windows: the windows of the text, in order.

    Returns:
        The pairs of each window, with words counted from its first word, and the number of
        relations whose ends are in no common window.
    """
    if target is None:
        return [None] * len(windows), 0
    numbers = window_of_pairs(target.words, windows)
    divided: list[PairTarget | None] = []
    for number, window in enumerate(windows):
        chosen = numbers == number
        divided.append(target.within(chosen, window.first) if chosen.any() else None)
    return divided, int(((numbers < 0) & (target.classes > 0)).sum())


def join_targets(targets: Sequence[PairTarget | None], words: Sequence[int]) -> PairTarget | None:
    """Return the pairs of neighbouring documents as those of their joined words.

    Args:
        targets: the pairs of each document.
        words: number of words of each document.
    """
    known, offset = [], 0
    for target, size in zip(targets, words, strict=True):
        if target is not None:
            known.append((target, offset))
        offset += size
    return join_pairs(known) if known else None


def distance_classes(words: WordPairs) -> NDArray[np.int64]:
    """Return the class of the signed distance of each pair, int64, shape (pairs,).

    The distance is the number of words between both spans, in steps that double: 0, 1, 2 to 3,
    4 to 7, up to 64 and more. The first half of the classes has the head before the tail.
    """
    heads, tails = words.heads, words.tails
    forward = heads[:, 0] < tails[:, 0]
    gaps = np.where(forward, tails[:, 0] - heads[:, 1], heads[:, 0] - tails[:, 1])
    steps = np.searchsorted(_STEPS, np.maximum(gaps, 0), side="right")
    return np.where(forward, steps, len(_STEPS) + 1 + steps).astype(np.int64)
