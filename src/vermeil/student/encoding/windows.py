"""Cutting long documents into overlapping windows, so that nothing is truncated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True, slots=True)
class Window:
    """Words ``first:last`` go through the network together; ``own_first:own_last`` count.

    Every word is owned by exactly one window: the one in which it stands farther from the edge.
    """

    first: int
    last: int
    own_first: int
    own_last: int


def cut_windows(pieces: Sequence[int], limit: int, overlap: int) -> list[Window]:
    """Cut a document into windows at word boundaries.

    Args:
        pieces: wordpieces of each word, each at most ``limit``.
        limit: wordpieces that a window may hold.
        overlap: wordpieces that neighbouring windows share, about.

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
