"""Relations of a document: its pairs of spans, scored in the windows that hold both ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vermeil.data.document import Annotation, Range
from vermeil.data.example import WordPairs
from vermeil.student.encoding.pairs import window_of_pairs
from vermeil.student.encoding.windows import Window
from vermeil.student.inference.batching import apply_temperature
from vermeil.student.inference.pair_scorer import PairScorer, load_pair_scorer
from vermeil.tasks.pair_task import PairTask, pair_task
from vermeil.tasks.protocol import Task


@dataclass(frozen=True, slots=True)
class PairPredictor:
    """The pair head of a student, ready for prediction.

    Args:
        scorer: computes class probabilities of pairs.
        task: lists pairs and decodes their classes.
        temperature: divisor of the logits of pairs.
    """

    scorer: PairScorer
    task: PairTask
    temperature: float = 1.0

    def add_relations(
        self,
        annotation: Annotation,
        words: Sequence[Range],
        windows: Sequence[Window],
        states: Sequence[NDArray[np.float32]],
    ) -> Annotation:
        """Return the annotation with the relations between its spans.

        Args:
            annotation: the predicted spans of a document.
            words: the ranges of the document's words.
            windows: the windows of the document.
            states: hidden states of the words of each window.
        """
        pairs, rows = self.probabilities(annotation, words, windows, states)
        return self.task.decode_pairs(annotation, pairs, apply_temperature(rows, self.temperature))

    def probabilities(
        self,
        annotation: Annotation,
        words: Sequence[Range],
        windows: Sequence[Window],
        states: Sequence[NDArray[np.float32]],
    ) -> tuple[WordPairs, NDArray[np.float32]]:
        """Return the pairs of a document that a window holds, and their class probabilities.

        Args:
            annotation: the predicted spans of the document.
            words: the ranges of the document's words.
            windows: the windows of the document.
            states: hidden states of the words of each window.
        """
        return self.score(self.task.candidate_pairs(annotation, words), windows, states)

    def score(
        self,
        pairs: WordPairs,
        windows: Sequence[Window],
        states: Sequence[NDArray[np.float32]],
    ) -> tuple[WordPairs, NDArray[np.float32]]:
        """Return the given pairs that a window holds, and their class probabilities.

        Args:
            pairs: pairs of ranges of the document's words.
            windows: the windows of the document.
            states: hidden states of the words of each window.
        """
        numbers = window_of_pairs(pairs, windows)
        rows = np.zeros((len(numbers), len(self.task.pair_classes)), np.float32)
        for number in np.unique(numbers[numbers >= 0]).tolist():
            chosen = numbers == number
            own = WordPairs(pairs.ranges, pairs.pairs[chosen]).moved(-windows[number].first)
            rows[chosen] = self.scorer(states[number], own)
        is_held = numbers >= 0
        return WordPairs(pairs.ranges, pairs.pairs[is_held]), rows[is_held]


def load_pairs(folder: Path, task: Task, temperature: float) -> PairPredictor | None:
    """Return the pair predictor of a model folder; None for a task without a pair head.

    Args:
        folder: the model folder.
        task: task of the model.
        temperature: divisor of the logits of pairs.

    Raises:
        DataError: the weights of the pair head are missing or damaged, or do not fit the task.
    """
    own = pair_task(task)
    if own is None:
        return None
    return PairPredictor(load_pair_scorer(folder, own.pair_mask), own, temperature)
