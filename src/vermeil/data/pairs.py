"""Pairs of labelled word ranges: input and training target of a student that predicts relations."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class WordPairs:
    """Ordered pairs of labelled word ranges of one text.

    Args:
        spans: int64, shape (spans, 3): first word, one past the last word, number of the label.
        pairs: int64, shape (pairs, 2): head and tail of each pair, as rows of ``spans``.
    """

    spans: NDArray[np.int64]
    pairs: NDArray[np.int64]

    @property
    def heads(self) -> NDArray[np.int64]:
        """The head of each pair: shape (pairs, 3), as in ``spans``."""
        return self.spans[self.pairs[:, 0]]

    @property
    def tails(self) -> NDArray[np.int64]:
        """The tail of each pair: shape (pairs, 3), as in ``spans``."""
        return self.spans[self.pairs[:, 1]]

    @property
    def extents(self) -> NDArray[np.int64]:
        """First word of each pair and one past its last word: shape (pairs, 2)."""
        heads, tails = self.heads, self.tails
        first = np.minimum(heads[:, 0], tails[:, 0])
        return np.stack([first, np.maximum(heads[:, 1], tails[:, 1])], axis=1)

    def moved(self, words: int) -> WordPairs:
        """Return the pairs with all words moved by a number of words."""
        return replace(self, spans=self.spans + np.array([words, words, 0], np.int64))


@dataclass(frozen=True, slots=True)
class PairTarget:
    """Word pairs with the correct class of each. A pair that is not listed is unknown.

    Args:
        words: the pairs.
        classes: int64, shape (pairs,): class of each pair; 0: no relation.
        weights: float32, shape (pairs,): loss weight of each pair.
    """

    words: WordPairs
    classes: NDArray[np.int64]
    weights: NDArray[np.float32]

    def within(self, chosen: NDArray[np.bool_], first: int = 0) -> PairTarget:
        """Return the chosen pairs, with words counted from ``first``."""
        words = WordPairs(self.words.spans, self.words.pairs[chosen]).moved(-first)
        return PairTarget(words, self.classes[chosen], self.weights[chosen])

    def arrays(self) -> tuple[NDArray[np.int64] | NDArray[np.float32], ...]:
        """Return everything that training uses, for a fingerprint."""
        return self.words.heads, self.words.tails, self.classes, self.weights


def join_pairs(targets: list[tuple[PairTarget, int]]) -> PairTarget:
    """Return the pairs of several texts as those of one.

    Args:
        targets: the pairs of each text, and the number of words before the text; at least one.
    """
    spans, pairs, rows = [], [], 0
    for target, offset in targets:
        spans.append(target.words.moved(offset).spans)
        pairs.append(target.words.pairs + rows)
        rows += len(target.words.spans)
    return PairTarget(
        WordPairs(np.concatenate(spans), np.concatenate(pairs)),
        np.concatenate([target.classes for target, _ in targets]),
        np.concatenate([target.weights for target, _ in targets]),
    )
