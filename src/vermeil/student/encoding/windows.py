"""Overlapping windows over long documents, so that no text is cut off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True, slots=True)
class Window:
    """A window over the words ``first:last``, which owns the words ``own_first:own_last``.

    Exactly one window owns each word: the window in which it is farther from the edge. Only owned
    words enter the loss and the prediction.
    """

    first: int
    last: int
    own_first: int
    own_last: int


def cut_windows(pieces: Sequence[int], limit: int, overlap: int) -> list[Window]:
    """Cut a document into windows at word boundaries.

    Args:
        pieces: wordpieces of each word, each at most ``limit``.
        limit: maximum wordpieces of a window.
        overlap: approximate number of wordpieces that neighbouring windows share.

    Returns:
        Windows in order; one empty window for a document without words.
    """
    if sum(pieces) <= limit:
        return [Window(0, len(pieces), 0, len(pieces))]
    bounds: list[tuple[int, int]] = []
    first = 0
    while True:
        last = _window_end(pieces, first, limit)
        bounds.append((first, last))
        if last == len(pieces):
            break
        first = _next_window_start(pieces, last, min(overlap, limit // 2), first + 1)
    edges = [0]
    for (_, last), (following, _) in pairwise(bounds):
        edges.append((following + last) // 2)
    edges.append(len(pieces))
    return [Window(first, last, edges[i], edges[i + 1]) for i, (first, last) in enumerate(bounds)]


def _window_end(pieces: Sequence[int], first: int, limit: int) -> int:
    total = 0
    for i in range(first, len(pieces)):
        total += pieces[i]
        if total > limit:
            return i
    return len(pieces)


def _next_window_start(pieces: Sequence[int], last: int, overlap: int, floor: int) -> int:
    total, first = 0, last
    while first > floor and total + pieces[first - 1] <= overlap:
        first -= 1
        total += pieces[first]
    return first
