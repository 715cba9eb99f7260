"""What a student trains on: targets, encoded examples and the plan of its batches."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

IGNORED = -100
"""Class of a position that does not enter the loss (abstention)."""


@dataclass(frozen=True, slots=True)
class Target:
    """What a task wants the student to say about one document.

    Args:
        classes: int64, shape (n,): class per word (token head) or one class (sequence head);
            `IGNORED` where nobody knows.
        weights: float32, shape (n,): loss weight of each.
        encoding_losses: named losses of the encoding, e.g. spans that cut through a word, to number.
        soft: float32, shape (n, number of classes): probability of each class, each row's sum 1;
            None where no label is uncertain.
    """

    classes: NDArray[np.int64]
    weights: NDArray[np.float32]
    encoding_losses: dict[str, int] = field(default_factory=dict)
    soft: NDArray[np.float32] | None = None


@dataclass(frozen=True, slots=True)
class TrainingExample:
    """One window as the student's network takes it, without padding.

    It holds a document or a stretch of one, or neighbouring documents of one group and origin.

    Args:
        input_ids: int64, shape (m,): wordpieces, with special tokens.
        features: int64, shape (m,): letter-case class of each wordpiece, or None.
        classes: int64, shape (m,) for a token head, (1,) for a sequence head.
        weights: float32, same shape as ``classes``.
        origin: ``gold`` or ``silver``.
        positions: int64, shape (words,): first wordpiece of each word (token head).
        soft: float32, shape (words, number of classes): probability of each class of each word;
            None: the classes are certain.
    """

    input_ids: NDArray[np.int64]
    features: NDArray[np.int64] | None
    classes: NDArray[np.int64]
    weights: NDArray[np.float32]
    origin: str
    positions: NDArray[np.int64]
    soft: NDArray[np.float32] | None = None

    @property
    def size(self) -> int:
        """Number of wordpieces, special tokens included: the unit of every budget."""
        return len(self.input_ids)


@dataclass(frozen=True, slots=True)
class BatchPlan:
    """Which examples each optimiser step sees: decided before training, so that it can be resumed.

    Gold examples are numbered from 0, silver examples from ``gold_examples`` on.

    Args:
        batches: per step, int64 array of example numbers.
        planned_share: float64, shape (steps,): gold share that was asked for, in wordpieces.
        realised_share: float64, shape (steps,): gold share that the batches hold, in wordpieces.
        wordpieces: int64, shape (steps,): wordpieces of each batch, without padding.
        gold_examples: number of gold examples.
        restarts: steps at which the learning-rate schedule starts anew (always holds 0).
        optimiser_restarts: steps before which the optimiser forgets its running means.
        origin_weights: float64, shape (steps, 2): factor of the loss weights of gold and of silver
            examples in each step; None: 1 throughout.
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
        """Return how often training sees each of so many examples, shape (examples,)."""
        seen = np.concatenate([np.zeros(0, np.int64), *self.batches])
        return np.bincount(seen, minlength=examples).astype(np.int64)

    @property
    def total_wordpieces(self) -> int:
        """Wordpieces seen in the whole training, without padding: the budget that was spent."""
        return int(self.wordpieces.sum())
