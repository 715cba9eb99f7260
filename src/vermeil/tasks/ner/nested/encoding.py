"""Encoding of overlapping spans: a class (O, B or I) for every word and label."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from vermeil.data.document import Document, Range, Span
from vermeil.data.example import IGNORED, Target
from vermeil.data.tags import spans_to_tags
from vermeil.tasks.ner.encoding import covered_words, word_bounds
from vermeil.tasks.protocol import SAME_LABEL, TAGS_PER_LABEL

PREFIXES = "OBI"
"""The classes of a label, in order."""

_OVERLAP = "overlap"

Bounds = tuple[NDArray[np.int64], NDArray[np.int64]]
"""First characters of the words, and one past the last ones."""


def nested_classes(labels: Sequence[str]) -> tuple[str, ...]:
    """Return the names of the head's outputs: O, B and I of each label in order."""
    return tuple(f"{prefix}-{label}" for label in labels for prefix in PREFIXES)


def encode_nested(document: Document, words: Sequence[Range], labels: Sequence[str]) -> Target:
    """Return the target class and weight of every word for every label.

    Words within an abstention are `IGNORED` for the labels that no span gives them there. An
    abstention from some labels concerns these labels only.

    Args:
        document: a document whose labels are all in the label set.
        words: the ranges of its words, in order.
        labels: the label set.

    Returns:
        The target, with classes and weights of shape (words, labels). Its ``encoding_losses``
        count the spans that the tags of their label cannot represent.
    """
    base = 1.0 if document.weight is None else document.weight
    shape = len(words), len(labels)
    classes = np.zeros(shape, np.int64)
    weights = np.full(shape, base, np.float32)
    if document.spans is None:
        return Target(np.full(shape, IGNORED, np.int64), weights)
    bounds = word_bounds(words)
    losses: Counter[str] = Counter()
    for number, label in enumerate(labels):
        own = [span for span in document.spans if span.label == label]
        tags, lost = spans_to_tags(own, words)
        losses.update({SAME_LABEL if name == _OVERLAP else name: n for name, n in lost.items()})
        if any(not span.is_likely for span in own):
            tags, _ = spans_to_tags([span for span in own if span.is_likely], words)
        classes[:, number] = [PREFIXES.index(tag[0]) for tag in tags]
        for span in reversed(own):  # of two spans with a common word, the first has it
            if span.weight is not None:
                covered = covered_words((span.start, span.end), *bounds)
                is_span = classes[covered, number] > 0
                weights[covered, number] = np.where(is_span, base * span.weight, base)
    soft = None
    if any(span.soft is not None for span in document.spans):
        soft = np.stack([_soft(document.spans, one, words, bounds) for one in labels], axis=1)
    classes[_unknown(document, labels, bounds) & (classes == 0)] = IGNORED
    return Target(classes, weights, dict(losses), soft)


def _unknown(document: Document, labels: Sequence[str], bounds: Bounds) -> NDArray[np.bool_]:
    """Return which labels of which words the document abstains from, shape (words, labels)."""
    unknown = np.zeros((len(bounds[0]), len(labels)), bool)
    for ignored in document.annotation.abstain:
        unknown[covered_words(ignored, *bounds)] = True
    for one in document.annotation.abstain_labels:
        end = len(document.text) if one.end is None else one.end
        numbers = [number for number, label in enumerate(labels) if label in one.labels]
        unknown[covered_words((one.start, end), *bounds), numbers or slice(0)] = True
    return unknown


def _soft(
    spans: Sequence[Span], label: str, words: Sequence[Range], bounds: Bounds
) -> NDArray[np.float32]:
    """Return the probability of each class of a label for each word, shape (words, 3).

    A span with soft labels is a span of each of them, with the probability of that label.
    """
    chances: dict[Range, float] = {}
    for span in spans:
        chance = float(span.label == label) if span.soft is None else span.soft.get(label, 0.0)
        if chance > 0:
            where = span.start, span.end
            chances[where] = max(chance, chances.get(where, 0.0))
    tags, _ = spans_to_tags([Span(*where, label) for where in chances], words)
    rows = np.zeros((len(words), TAGS_PER_LABEL), np.float32)
    rows[:, 0] = 1
    for where in sorted(chances, reverse=True):
        chance = min(1.0, chances[where])
        for word in range(len(words))[covered_words(where, *bounds)]:
            if tags[word] != "O":
                rows[word] = 0
                rows[word, PREFIXES.index(tags[word][0])] = chance
                rows[word, 0] = 1 - chance
    return rows
