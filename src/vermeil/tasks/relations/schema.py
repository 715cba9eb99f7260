"""The relation types as classes of a pair, and the pairs of entity labels that each allows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vermeil.tasks.relations.types import RelationTypes


@dataclass(frozen=True, slots=True)
class PairSchema:
    """Entity labels and relation types of a task, by number.

    Args:
        labels: entity labels.
        classes: ``none``, then every relation type.
        symmetric: relation types without a direction.
        mask: bool, shape (labels, labels, classes): whether a class is allowed for the labels of
            head and tail; class 0 always is.
        factors: float, shape (classes,): factor of the probability of each class when the class of
            a pair is chosen. It is (1 - t) / t for a type with threshold t, and 1 for ``none``.
    """

    labels: tuple[str, ...]
    classes: tuple[str, ...]
    symmetric: frozenset[str]
    mask: NDArray[np.bool_]
    factors: NDArray[np.float64]

    @classmethod
    def from_types(cls, types: RelationTypes) -> PairSchema:
        """Return the schema of the relation types of a task."""
        labels, classes = types.entity_labels, types.pair_classes
        mask = np.zeros((len(labels), len(labels), len(classes)), bool)
        mask[:, :, 0] = True
        for number, name in enumerate(types.names, 1):
            for i, head in enumerate(labels):
                for j, tail in enumerate(labels):
                    mask[i, j, number] = types.allows(name, head, tail)
        symmetric = frozenset(name for name in types.names if types.is_symmetric(name))
        thresholds = np.array([types.threshold(name) for name in types.names])
        factors = np.concatenate([[1.0], (1 - thresholds) / thresholds])
        return cls(labels, classes, symmetric, mask, factors)

    def allowed_labels(self, relation: str, head: str, tail: str) -> bool:
        """Return whether a relation type allows the labels of head and tail."""
        ends = self.labels.index(head), self.labels.index(tail)
        return bool(self.mask[(*ends, self.classes.index(relation))])

    def is_candidate(self, head: tuple[int, int, int], tail: tuple[int, int, int]) -> bool:
        """Return whether two word spans share no word and allow any relation.

        Args:
            head: first word, one past the last word, and number of the label.
            tail: the same of the other span.
        """
        apart = head[1] <= tail[0] or tail[1] <= head[0]
        return apart and bool(self.mask[head[2], tail[2], 1:].any())
