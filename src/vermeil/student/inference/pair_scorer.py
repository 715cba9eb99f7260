"""Class probabilities of pairs of spans, in numpy: the pair head of a trained student."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vermeil.data.example import WordPairs
from vermeil.data.malformed import first_line
from vermeil.errors import DataError
from vermeil.student.encoding.pairs import DISTANCES, distance_classes
from vermeil.student.inference.batching import softmax

PAIR_HEAD = "pair_head.npz"
"""Name of the file with the weights of the pair head, in a model folder."""

PARTS = 5
"""Projections of a word: first and last word of the head, of the tail, and a word between them."""

ATTENTION_RANGE = 4.0
"""Maximum of the log weight of a word between the spans; bounds the rounding of running sums."""

_BLOCK = 4096
"""Pairs per matrix product."""

_REMEDY = "restore it, or train or export the model again"


@dataclass(frozen=True, slots=True)
class PairScorer:
    """A trained pair head.

    Args:
        weights: arrays by the names of `vermeil.student.network.pair_head.PairHead`.
        mask: bool, shape (labels, labels, classes): allowed classes by the labels of both spans.
    """

    weights: Mapping[str, NDArray[np.float32]]
    mask: NDArray[np.bool_]

    def __call__(self, states: NDArray[np.float32], words: WordPairs) -> NDArray[np.float32]:
        """Return the class probabilities of pairs, float32, shape (pairs, classes).

        Args:
            states: hidden state of each word, shape (words, hidden size).
            words: the pairs.
        """
        size = self.weights["output.weight"].shape[1]
        parts = (states @ self.weights["words.weight"].T).reshape(len(states), PARTS, size)
        sums = self._running_sums(states, parts[:, 4])
        results = [np.zeros((0, self.mask.shape[2]), np.float32)]
        for start in range(0, len(words.pairs), _BLOCK):
            block = WordPairs(words.ranges, words.pairs[start : start + _BLOCK])
            results.append(self._score(parts, sums, block))
        return np.concatenate(results)

    def _score(
        self, parts: NDArray[np.float32], sums: NDArray[np.float32], words: WordPairs
    ) -> NDArray[np.float32]:
        heads, tails = words.heads, words.tails
        hidden = (
            parts[heads[:, 0], 0]
            + parts[heads[:, 1] - 1, 1]
            + parts[tails[:, 0], 2]
            + parts[tails[:, 1] - 1, 3]
            + _context(sums, words)
            + self.weights["labels.weight"][heads[:, 2] * len(self.mask) + tails[:, 2]]
            + self.weights["distance.weight"][distance_classes(words)]
        )
        hidden = hidden / (1 + np.exp(-np.maximum(hidden, -80.0)))  # SiLU
        logits = hidden @ self.weights["output.weight"].T + self.weights["output.bias"]
        return softmax(np.where(self.mask[heads[:, 2], tails[:, 2]], logits, -1e4))

    def _running_sums(
        self, states: NDArray[np.float32], values: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """Return the sums over all words before each position: weighted values, then weights."""
        strength = states @ self.weights["attention.weight"].T + self.weights["attention.bias"]
        powers = np.exp(ATTENTION_RANGE * np.tanh(strength))
        sums = np.zeros((len(states) + 1, values.shape[1] + 1), np.float32)
        np.cumsum(np.concatenate([powers * values, powers], axis=1), axis=0, out=sums[1:])
        return sums

    def save(self, folder: Path) -> None:
        """Write the weights into a model folder."""
        np.savez(folder / PAIR_HEAD, allow_pickle=False, **dict(self.weights))


def load_pair_scorer(folder: Path, mask: NDArray[np.bool_]) -> PairScorer:
    """Return the pair head of a model folder.

    Args:
        folder: the model folder.
        mask: allowed classes of the task.

    Raises:
        DataError: the file is missing or damaged, or does not fit the task.
    """
    path = folder / PAIR_HEAD
    try:
        with np.load(path, allow_pickle=False) as stored:
            weights = {name: np.asarray(stored[name], np.float32) for name in stored.files}
        problem = _problem(weights, mask)
    except Exception as error:  # numpy and zipfile raise errors of many classes
        raise DataError(f"cannot be read ({first_line(error)}); {_REMEDY}", path) from error
    if problem is not None:
        raise DataError(f"{problem}; {_REMEDY}", path)
    return PairScorer(weights, mask)


def _problem(weights: Mapping[str, NDArray[np.float32]], mask: NDArray[np.bool_]) -> str | None:
    labels, _, classes = mask.shape
    hidden, size = weights["attention.weight"].shape[1], weights["output.weight"].shape[1]
    expected = {
        "words.weight": (PARTS * size, hidden),
        "attention.weight": (1, hidden),
        "attention.bias": (1,),
        "labels.weight": (labels * labels, size),
        "distance.weight": (DISTANCES, size),
        "output.weight": (classes, size),
        "output.bias": (classes,),
    }
    shapes = {name: array.shape for name, array in weights.items()}
    if shapes != expected:
        return f"has weights of the shapes {shapes}, but the task needs {expected}"
    if not all(np.isfinite(array).all() for array in weights.values()):
        return "has weights that are not finite numbers (NaN or infinite)"
    return None


def _context(sums: NDArray[np.float32], words: WordPairs) -> NDArray[np.float32]:
    """Return the weighted mean of the words between both spans; 0 if there is none."""
    heads, tails = words.heads, words.tails
    first = np.minimum(heads[:, 1], tails[:, 1])
    last = np.maximum(np.maximum(heads[:, 0], tails[:, 0]), first)
    difference = sums[last] - sums[first]
    mean = difference[:, :-1] / np.maximum(difference[:, -1:], 1e-6)
    result: NDArray[np.float32] = np.where((last > first)[:, None], mean, np.float32(0))
    return result
