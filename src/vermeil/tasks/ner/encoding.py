"""From spans to the classes that the student should give to each word, and how much they count."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from vermeil.data.document import Document, Range
from vermeil.data.example import IGNORED, Target
from vermeil.data.tags import spans_to_tags


def iob2_classes(labels: Sequence[str]) -> tuple[str, ...]:
    """Return the classes for a label set: O first, then B and I of each label, in its order."""
    return ("O", *(f"{prefix}-{label}" for label in labels for prefix in "BI"))


def encode_spans(
    document: Document, words: Sequence[Range], class_numbers: dict[str, int]
) -> Target:
    """Return the IOB2 classes of the document's words.

    Words within an abstention, and all words of a document that nobody annotated, are `IGNORED`.
    A word's weight is that of its document times that of the span that it belongs to (1 where
    there is none). What tags cannot hold is numbered in the target's losses.

    Args:
        document: annotated only with labels of the label set.
        words: the ranges of its words, in order.
        class_numbers: the number of each class.
    """
    base = 1.0 if document.weight is None else document.weight
    weights = np.full(len(words), base, dtype=np.float32)
    if document.spans is None:
        return Target(np.full(len(words), IGNORED, dtype=np.int64), weights)
    tags, losses = spans_to_tags(document.spans, words)
    classes = np.array([class_numbers[tag] for tag in tags], dtype=np.int64)
    starts, ends = _bounds(words)
    # In reverse: of two spans that share a word, the first has it (see `spans_to_tags`).
    for span in reversed(document.spans):
        if span.weight is not None:
            covered = _covered((span.start, span.end), starts, ends)
            weights[covered] = np.where(classes[covered] > 0, base * span.weight, base)
    for ignored in document.annotation.abstain:
        classes[_covered(ignored, starts, ends)] = IGNORED
    return Target(classes, weights, losses)


def _bounds(words: Sequence[Range]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    both = np.array(words, dtype=np.int64).reshape(-1, 2)
    return both[:, 0], both[:, 1]


def _covered(where: Range, starts: NDArray[np.int64], ends: NDArray[np.int64]) -> slice:
    """The words that share a character with a range."""
    first = int(np.searchsorted(ends, where[0], side="right"))
    return slice(first, int(np.searchsorted(starts, where[1], side="left")))
