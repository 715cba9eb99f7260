"""Decoding of class probabilities to spans: the most probable valid sequence of classes."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from vermeil.data.document import Range, Span
from vermeil.data.tags import PREFIXES, Scheme
from vermeil.tasks.ner.bioes import best_bioes_path

_SMALLEST = 1e-30
"""Lower bound of probabilities, so that their logarithms are finite."""

_INSIDE: dict[Scheme, int] = {"iob2": 1, "bioes": 2}
"""Number of classes after a label's B that continue a span."""


def best_path(probabilities: NDArray[np.floating], scheme: Scheme = "iob2") -> NDArray[np.int64]:
    """Return the most probable sequence of classes that is valid in the scheme.

    In IOB2 each I follows B or I of its label. In BIOES, in addition, I or E of the label must
    follow each B and I, and E follows B or I.

    In most documents the most probable class of every word is already a valid sequence, which no
    other can exceed. The others are decoded by the Viterbi algorithm (Viterbi 1967), in which all
    valid transitions have the same weight.

    Args:
        probabilities: shape (words, classes); classes O, B-L1, I-L1, B-L2, I-L2, …, in BIOES
            O, B-L1, I-L1, E-L1, S-L1, B-L2, ….
        scheme: the tagging scheme of the classes.

    Returns:
        The class index of each word, shape (words,).
    """
    greedy = probabilities.argmax(axis=1)
    if scheme == "bioes":
        return best_bioes_path(probabilities, greedy)
    return greedy if _is_allowed(greedy) else _viterbi(probabilities)


def decode_spans(
    words: Sequence[Range],
    probabilities: NDArray[np.floating],
    labels: Sequence[str],
    scheme: Scheme = "iob2",
) -> tuple[Span, ...]:
    """Return the spans of the most probable valid sequence of classes.

    A span's ``score`` is the geometric mean of the probabilities of its words' classes in that
    sequence, so it does not depend on the span's length. Its ``origin`` is ``student``.

    Args:
        words: the ranges of the document's words.
        probabilities: shape (words, classes).
        labels: the label set, in the order of the classes.
        scheme: the tagging scheme of the classes.
    """
    if not len(words):
        return ()
    path = best_path(probabilities, scheme)
    if not path.any():
        return ()
    chosen = probabilities[np.arange(len(path)), path].astype(np.float64)
    logs = np.log(np.maximum(chosen, _SMALLEST)).tolist()
    numbers = path.tolist()
    spans: list[Span] = []
    end, per_label, inside = 0, len(PREFIXES[scheme]), _INSIDE[scheme]
    for first, number in enumerate(numbers):
        if first < end or number == 0:
            continue
        end, index = first + 1, (number - 1) // per_label
        begins = index * per_label + 1
        while end < len(numbers) and begins < numbers[end] <= begins + inside:
            end += 1
        score = math.exp(sum(logs[first:end]) / (end - first))
        bounds = words[first][0], words[end - 1][1]
        spans.append(Span(*bounds, labels[index], score=min(score, 1.0), origin="student"))
    return tuple(spans)


def _is_allowed(path: NDArray[np.int64]) -> bool:
    """Return whether each I (even numbers from 2) follows its B (one less) or itself."""
    before = np.empty_like(path)
    before[:1], before[1:] = 0, path[:-1]
    inside = (path > 0) & (path % 2 == 0)
    return not (inside & (before != path) & (before != path - 1)).any()


def _viterbi(probabilities: NDArray[np.floating]) -> NDArray[np.int64]:
    """Return the most probable valid IOB2 sequence, by the Viterbi algorithm.

    O and every B may follow any class, so one maximum serves all of them.
    """
    scores = np.log(np.maximum(probabilities.astype(np.float64), _SMALLEST))
    size, number = scores.shape
    inside = np.arange(2, number, 2)
    came_from = np.empty((size, number), dtype=np.int64)
    best = scores[0].copy()
    best[inside] = -np.inf
    for step in range(1, size):
        top = int(best.argmax())
        came_from[step] = top
        stays = best[2::2] >= best[1::2]
        came_from[step, 2::2] = np.where(stays, inside, inside - 1)
        best = scores[step] + best[came_from[step]]
    path = np.empty(size, dtype=np.int64)
    path[-1] = best.argmax()
    for step in range(size - 1, 0, -1):
        path[step - 1] = came_from[step, path[step]]
    return path
