"""Decoding of the student's probabilities to entities and relations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from vermeil.data.document import Annotation, Range
from vermeil.tasks.ner.task import NerTask


def decode_relations(
    words: Sequence[Range], probabilities: NDArray[np.float32], entities: NerTask
) -> Annotation:
    """Return the entities of the most probable valid sequence of classes, without relations.

    Args:
        words: the ranges of the document's words.
        probabilities: shape (words, classes).
        entities: the task of the entities.
    """
    return replace(entities.decode(words, probabilities), relations=())
