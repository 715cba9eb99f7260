"""The protocol of tasks whose student relates pairs of spans (head ``pair``)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol, cast

import numpy as np
from numpy.typing import NDArray

from vermeil.data.document import Annotation, Range
from vermeil.data.example import WordPairs
from vermeil.data.region import PairRegion
from vermeil.tasks.protocol import Task

BoundRelation = tuple[Range, Range, str]
"""Range of head and tail, and the type of a relation: the labels of the ends are left out."""


class PairTask(Task, Protocol):
    """A task with classes of words for its spans, and classes of pairs of spans."""

    @property
    def pair_classes(self) -> tuple[str, ...]:
        """The classes of a pair: ``none``, then every relation type."""

    @property
    def pair_mask(self) -> NDArray[np.bool_]:
        """Allowed classes by the labels of head and tail: bool, (labels, labels, classes)."""

    def allows(self, relation: str, head_label: str, tail_label: str) -> bool:
        """Return whether a type of relation may connect two labels.

        Args:
            relation: name of the type.
            head_label: label of the first end.
            tail_label: label of the second end.
        """

    def candidate_pairs(self, annotation: Annotation, words: Sequence[Range]) -> WordPairs:
        """Return the pairs of spans that may have a relation.

        Args:
            annotation: the result of `decode`; row n of the pairs' ``ranges`` is span n.
            words: the ranges of the document's words.
        """

    def annotated_pairs(self, annotation: Annotation, words: Sequence[Range]) -> WordPairs:
        """Return the pairs of annotated spans that may have a relation.

        Args:
            annotation: any annotation with the task's labels; row n of the pairs' ``ranges`` is
                span n. Spans need not consist of whole words.
            words: the ranges of the document's words.
        """

    def pair_regions(
        self,
        annotation: Annotation,
        words: Sequence[Range],
        table: NDArray[np.float32] | None,
    ) -> tuple[PairRegion, ...]:
        """Return the pairs of spans that teacher or students relate, with their candidates.

        Args:
            annotation: the teacher's annotation.
            words: the ranges of the document's words.
            table: the pairs of `annotated_pairs`, scored by students that were not trained on the
                document: shape (pairs, 2 + classes), with the indices of head and tail, then the
                probability of each class. None: there are no students.
        """

    def bound_relations(self, annotation: Annotation) -> frozenset[BoundRelation]:
        """Return the relations of an annotation by the ranges of their ends."""

    def decode_pairs(
        self, annotation: Annotation, words: WordPairs, probabilities: NDArray[np.float32]
    ) -> Annotation:
        """Return the annotation with relations.

        Args:
            annotation: the result of `decode`.
            words: pairs of `candidate_pairs`, or a part of them.
            probabilities: class probabilities of the pairs, shape (pairs, classes).
        """

    def scored_relations(
        self, gold: Annotation, predicted: Annotation
    ) -> Iterable[tuple[float, bool]]:
        """Return the score of every predicted relation that has one, and whether it is correct.

        Args:
            gold: the annotation of people.
            predicted: the student's annotation of the same document.
        """


def pair_task(task: Task) -> PairTask | None:
    """Return the task as a `PairTask`; None if its head is another."""
    return cast("PairTask", task) if task.head == "pair" else None
