"""Encoding of spans as target classes and weights of words."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from vermeil.data.document import Document, Range, Span
from vermeil.data.example import IGNORED, Target
from vermeil.data.tags import PREFIXES, Scheme, spans_to_tags


def scheme_classes(labels: Sequence[str], scheme: Scheme) -> tuple[str, ...]:
    """Return the classes of a label set: O, then B, I, … of each label in order."""
    return ("O", *(f"{prefix}-{label}" for label in labels for prefix in PREFIXES[scheme]))


def encode_spans(
    document: Document,
    words: Sequence[Range],
    class_numbers: dict[str, int],
    scheme: Scheme = "iob2",
) -> Target:
    """Return the target classes and weights of the document's words.

    Words within an abstention and all words of an unannotated document are `IGNORED`. A word's
    weight is the document's weight times the weight of its span (1 if there is none). The target's
    ``encoding_losses`` count the spans that tags cannot represent.

    Args:
        document: a document whose labels are all in the label set.
        words: the ranges of its words, in order.
        class_numbers: the index of each class.
        scheme: the tagging scheme of the classes.
    """
    base = 1.0 if document.weight is None else document.weight
    weights = np.full(len(words), base, dtype=np.float32)
    if document.spans is None:
        return Target(np.full(len(words), IGNORED, dtype=np.int64), weights)
    tags, losses = spans_to_tags(document.spans, words, scheme)
    certain = tags
    if any(not span.is_likely for span in document.spans):
        likely = [span for span in document.spans if span.is_likely]
        certain, _ = spans_to_tags(likely, words, scheme)
    classes = np.array([class_numbers[tag] for tag in certain], dtype=np.int64)
    starts, ends = word_bounds(words)
    # In reverse: if two spans share a word, it belongs to the first (see `spans_to_tags`).
    for span in reversed(document.spans):
        if span.weight is not None:
            covered = covered_words((span.start, span.end), starts, ends)
            weights[covered] = np.where(classes[covered] > 0, base * span.weight, base)
    soft = _soft(document.spans, tags, (starts, ends), class_numbers)
    for ignored in document.annotation.abstain:
        classes[covered_words(ignored, starts, ends)] = IGNORED
    unknown = _unknown_classes(document, (starts, ends), classes, class_numbers)
    return Target(classes, weights, losses, soft, unknown)


def _unknown_classes(
    document: Document,
    bounds: tuple[NDArray[np.int64], NDArray[np.int64]],
    classes: NDArray[np.int64],
    class_numbers: dict[str, int],
) -> NDArray[np.bool_] | None:
    """Return the classes of labels that the document was not annotated for; None without any.

    Only words outside of all spans are concerned: a span's word has its label and no other one.
    """
    abstentions = document.annotation.abstain_labels
    if not abstentions:
        return None
    unknown = np.zeros((len(classes), len(class_numbers)), bool)
    for one in abstentions:
        numbers = [n for name, n in class_numbers.items() if name.partition("-")[2] in one.labels]
        end = len(document.text) if one.end is None else one.end
        unknown[covered_words((one.start, end), *bounds), numbers or slice(0)] = True
    unknown[classes != 0] = False
    return unknown if unknown.any() else None


def _soft(
    spans: Sequence[Span],
    tags: Sequence[str],
    bounds: tuple[NDArray[np.int64], NDArray[np.int64]],
    class_numbers: dict[str, int],
) -> NDArray[np.float32] | None:
    """Return the probability of each class of each word; None if no span has soft labels.

    A word of a span with soft labels keeps its prefix (B, I, …) under every label. The rest of
    the probability goes to O.
    """
    if all(span.soft is None for span in spans):
        return None
    numbers = [class_numbers[tag] for tag in tags]
    rows = np.eye(len(class_numbers), dtype=np.float32)[numbers]
    for span in reversed(spans):  # as above
        covered = range(len(tags))[covered_words((span.start, span.end), *bounds)]
        for word in covered:
            prefix, _, label = tags[word].partition("-")
            if label != span.label:
                continue
            rows[word] = 0
            for name, probability in (span.soft or {label: 1.0}).items():
                rows[word, class_numbers[f"{prefix}-{name}"]] = probability
            rows[word, 0] = max(0.0, 1 - float(rows[word].sum()))
    return rows


def word_bounds(words: Sequence[Range]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the first characters of words, and one past the last ones, each of shape (words,)."""
    both = np.array(words, dtype=np.int64).reshape(-1, 2)
    return both[:, 0], both[:, 1]


def covered_words(where: Range, starts: NDArray[np.int64], ends: NDArray[np.int64]) -> slice:
    """Return the slice of words that share a character with a range."""
    first = int(np.searchsorted(ends, where[0], side="right"))
    return slice(first, int(np.searchsorted(starts, where[1], side="left")))
