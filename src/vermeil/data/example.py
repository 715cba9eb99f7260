"""Training data of a student: targets, pairs of word ranges, encoded examples, the batch plan."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

IGNORED = -100
"""Class of a position that does not enter the loss (abstention)."""


@dataclass(frozen=True, slots=True)
class WordPairs:
    """Ordered pairs of labelled word ranges of one text.

    Args:
        ranges: int64, shape (ranges, 3): first word, one past the last word, number of the label.
        pairs: int64, shape (pairs, 2): head and tail of each pair, as rows of ``ranges``.
    """

    ranges: NDArray[np.int64]
    pairs: NDArray[np.int64]

    @property
    def heads(self) -> NDArray[np.int64]:
        """The head of each pair: shape (pairs, 3), as in ``ranges``."""
        return self.ranges[self.pairs[:, 0]]

    @property
    def tails(self) -> NDArray[np.int64]:
        """The tail of each pair: shape (pairs, 3), as in ``ranges``."""
        return self.ranges[self.pairs[:, 1]]

    @property
    def extents(self) -> NDArray[np.int64]:
        """First word of each pair and one past its last word: shape (pairs, 2)."""
        heads, tails = self.heads, self.tails
        first = np.minimum(heads[:, 0], tails[:, 0])
        return np.stack([first, np.maximum(heads[:, 1], tails[:, 1])], axis=1)

    def moved(self, words: int) -> WordPairs:
        """Return the pairs with all words moved by a number of words."""
        return replace(self, ranges=self.ranges + np.array([words, words, 0], np.int64))


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
        words = WordPairs(self.words.ranges, self.words.pairs[chosen]).moved(-first)
        return PairTarget(words, self.classes[chosen], self.weights[chosen])

    def arrays(self) -> tuple[NDArray[np.int64] | NDArray[np.float32], ...]:
        """Return everything that training uses, for a fingerprint."""
        return self.words.heads, self.words.tails, self.classes, self.weights


def join_pairs(targets: list[tuple[PairTarget, int]]) -> PairTarget:
    """Return the pairs of several texts as those of one.

    Args:
        targets: the pairs of each text, and the number of words before the text; at least one.
    """
    ranges, pairs, rows = [], [], 0
    for target, offset in targets:
        ranges.append(target.words.moved(offset).ranges)
        pairs.append(target.words.pairs + rows)
        rows += len(target.words.ranges)
    return PairTarget(
        WordPairs(np.concatenate(ranges), np.concatenate(pairs)),
        np.concatenate([target.classes for target, _ in targets]),
        np.concatenate([target.weights for target, _ in targets]),
    )


@dataclass(frozen=True, slots=True)
class Target:
    """Correct output of the student for one document, as encoded by the task.

    Args:
        classes: int64, shape (n,): class per word (token head), one class (sequence head), or 0 or
            1 per label (sequence head per label). Shape (n, labels) for a token head per label.
            `IGNORED` for abstentions.
        weights: float32, of the same shape: loss weight of each class.
        encoding_losses: name of an encoding loss (e.g. a span that cuts a word) to number.
        soft: float32, shape (n, number of classes): probability of each class, each row sums to 1;
            None if all labels are certain. Shape (n, labels, 3) for a token head per label.
        unknown: bool, shape (n, number of classes): classes that may be right as well, because the
            text was not annotated for their label; None: there are none. Class and unknown classes
            together are one set, of which the student may predict any.
        pairs: pairs of word ranges with the class of each; None for tasks without relations, and
            for documents whose relations are unknown.
    """

    classes: NDArray[np.int64]
    weights: NDArray[np.float32]
    encoding_losses: dict[str, int] = field(default_factory=dict)
    soft: NDArray[np.float32] | None = None
    unknown: NDArray[np.bool_] | None = None
    pairs: PairTarget | None = None


@dataclass(frozen=True, slots=True)
class TrainingExample:
    """One input window of the student's network, without padding.

    It holds a document, a part of one, or neighbouring documents of one group and origin.

    Args:
        input_ids: int64, shape (m,): wordpieces, with special tokens.
        features: int64, shape (m,): letter-case class of each wordpiece, or None.
        classes: int64, shape (m,) for a token head, (1,) for a sequence head, (labels,) for a
            sequence head per label. Shape (m · labels,) for a token head per label: all labels of
            a wordpiece, then those of the next one.
        weights: float32, same shape as ``classes``.
        origin: ``gold`` or ``silver``.
        positions: int64, shape (words,): first wordpiece of each word (token head).
        soft: float32, shape (words, number of classes): probability of each class for each word;
            None if the classes are certain. Shape (words, labels, 3) for a token head per label.
        unknown: bool, shape (words, number of classes): classes that may be right as well (see
            `Target`); None: there are none.
        pairs: pairs of ranges of the window's words; None: no pair enters the loss.
    """

    input_ids: NDArray[np.int64]
    features: NDArray[np.int64] | None
    classes: NDArray[np.int64]
    weights: NDArray[np.float32]
    origin: str
    positions: NDArray[np.int64]
    soft: NDArray[np.float32] | None = None
    unknown: NDArray[np.bool_] | None = None
    pairs: PairTarget | None = None

    @property
    def size(self) -> int:
        """Number of wordpieces, special tokens included: the unit of every budget."""
        return len(self.input_ids)


@dataclass(frozen=True, slots=True)
class BatchPlan:
    """Examples of each optimiser step, fixed before training, so that training can be resumed.

    Gold examples are numbered from 0, silver examples from ``gold_examples`` on.

    Args:
        batches: per step, int64 array of example numbers.
        planned_share: float64, shape (steps,): gold share from the schedule, in wordpieces.
        realised_share: float64, shape (steps,): gold share of the batches, in wordpieces.
        wordpieces: int64, shape (steps,): wordpieces of each batch, without padding.
        gold_examples: number of gold examples.
        restarts: steps at which the learning-rate schedule restarts (always contains 0).
        optimiser_restarts: steps before which the running means of the optimiser are reset.
        origin_weights: float64, shape (steps, 2): factor of the loss weights of gold and of silver
            examples in each step; None: always 1.
    """

    batches: tuple[NDArray[np.int64], ...]
    planned_share: NDArray[np.float64]
    realised_share: NDArray[np.float64]
    wordpieces: NDArray[np.int64]
    gold_examples: int
    restarts: tuple[int, ...] = (0,)
    origin_weights: NDArray[np.float64] | None = None
    optimiser_restarts: tuple[int, ...] = ()

    @property
    def steps(self) -> int:
        """Number of optimiser steps."""
        return len(self.batches)

    def times_seen(self, examples: int) -> NDArray[np.int64]:
        """Return how often each example is in a batch: int64, shape (examples,).

        Args:
            examples: total number of examples.
        """
        numbers = np.concatenate([np.zeros(0, np.int64), *self.batches])
        return np.bincount(numbers, minlength=examples).astype(np.int64)

    @property
    def total_wordpieces(self) -> int:
        """Wordpieces of the whole training, without padding: the budget that was used."""
        return int(self.wordpieces.sum())
