"""Where teacher and students see something in a text, and the ways in which it may be annotated."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from vermeil.data.document import Document, Range
from vermeil.data.region import Option, Region
from vermeil.data.tags import PREFIXES, Scheme, spans_to_tags
from vermeil.tasks.ner.decoding import decode_spans

EAGERNESS = 2.0
"""Students are also heard with O's logit lowered by so much, so that a span to which they give a
tenth of the probability is considered, though nobody named it."""

_SMALLEST = 1e-6

Piece = tuple[int, int, str]
"""First word, word behind the last one, and label."""


def find_regions(
    document: Document,
    words: Sequence[Range],
    probabilities: NDArray[np.floating] | None,
    labels: Sequence[str],
    scheme: Scheme = "iob2",
    others: Sequence[NDArray[np.floating]] = (),
) -> tuple[Region, ...]:
    """Return the regions of a document, in order.

    A region is covered by spans of the teacher or the students that overlap each other. Its options
    are what the teacher says, what the students say, and what they nearly say; of these, each span
    alone and under every other label; and that nothing is there.

    Args:
        document: annotated by the teacher; spans that cut through words are widened to whole ones.
        words: ranges of its words.
        probabilities: shape (words, classes): of students that did not learn from it; None: there
            are none, all options are alike to them.
        labels: the label set, in the order of the classes.
        scheme: what the classes are.
        others: like ``probabilities``, of each who is asked besides: they add no options.
    """
    said = _pieces_marked(document, words, scheme)
    predicted, nearly = said, said
    if probabilities is not None:
        predicted = _pieces_predicted(words, probabilities, labels, scheme)
        eager = probabilities.astype(np.float64)
        eager[:, 0] *= np.exp(-EAGERNESS)
        nearly = _pieces_predicted(words, eager, labels, scheme)
    found = []
    for first, end in _joined([*said, *predicted, *nearly]):
        own = [_within(pieces, first, end) for pieces in (said, predicted, nearly)]
        options = _options(own, labels)
        classes = np.array([_classes(o, first, end, labels, scheme) for o in options])
        stretches = [None if r is None else r[first:end] for r in (probabilities, *others)]
        evidence, *asked = (_evidence(classes, stretch) for stretch in stretches)
        found.append(
            Region(
                words[first][0],
                words[end - 1][1],
                tuple(_in_characters(option, words) for option in options),
                evidence,
                options.index(own[0]),
                options.index(own[1]),
                np.array(asked).reshape(len(asked), len(options)),
            )
        )
    return tuple(found)


def marks_of(document: Document, words: Sequence[Range], scheme: Scheme = "iob2") -> Option:
    """Return a document's spans as tags hold them: of whole words, none overlapping another."""
    return _in_characters(_pieces_marked(document, words, scheme), words)


def _pieces_marked(document: Document, words: Sequence[Range], scheme: Scheme) -> tuple[Piece, ...]:
    tags, _ = spans_to_tags(document.spans or (), words, scheme)
    pieces: list[Piece] = []
    for number, tag in enumerate(tags):
        prefix, _, label = tag.partition("-")
        if prefix in ("B", "S"):
            pieces.append((number, number + 1, label))
        elif prefix in ("I", "E"):
            first, _, label = pieces[-1]
            pieces[-1] = (first, number + 1, label)
    return tuple(pieces)


def _pieces_predicted(
    words: Sequence[Range],
    probabilities: NDArray[np.floating],
    labels: Sequence[str],
    scheme: Scheme,
) -> tuple[Piece, ...]:
    numbers = [(i, i + 1) for i in range(len(words))]
    spans = decode_spans(numbers, probabilities, labels, scheme)
    return tuple((s.start, s.end, s.label) for s in spans)


def _joined(pieces: Iterable[Piece]) -> list[tuple[int, int]]:
    """Return the stretches that overlapping pieces cover together, in order."""
    stretches: list[tuple[int, int]] = []
    for first, end, _ in sorted(pieces):
        if stretches and first < stretches[-1][1]:
            stretches[-1] = (stretches[-1][0], max(stretches[-1][1], end))
        else:
            stretches.append((first, end))
    return stretches


def _within(pieces: Sequence[Piece], first: int, end: int) -> tuple[Piece, ...]:
    return tuple(p for p in pieces if first <= p[0] and p[1] <= end)


def _options(own: Sequence[tuple[Piece, ...]], labels: Sequence[str]) -> list[tuple[Piece, ...]]:
    options: set[tuple[Piece, ...]] = {()}
    for pieces in own:
        options.add(pieces)
        if len(pieces) == 1:
            ((first, end, _),) = pieces
            options.update(((first, end, label),) for label in labels)
        else:
            options.update((piece,) for piece in pieces)
    return sorted(options)


def _evidence(
    classes: NDArray[np.int64], probabilities: NDArray[np.floating] | None
) -> NDArray[np.float64]:
    """Return the log-probability of each option, given that it is one of them.

    It is the sum of the words' log-probabilities for the classes that the option gives them.

    Args:
        classes: shape (options, words).
        probabilities: shape (words, classes); None: all are alike.
    """
    sums = np.zeros(len(classes))
    if probabilities is not None:
        logs = np.log(np.maximum(probabilities.astype(np.float64), _SMALLEST))
        sums = logs[np.arange(len(logs)), classes].sum(axis=1)
    result: NDArray[np.float64] = sums - np.logaddexp.reduce(sums)
    return result


def _classes(
    option: Sequence[Piece], first: int, end: int, labels: Sequence[str], scheme: Scheme
) -> NDArray[np.int64]:
    """Return the class that an option gives to each word of a region."""
    per_label = len(PREFIXES[scheme])
    classes = np.zeros(end - first, np.int64)
    for begin, stop, label in option:
        number = labels.index(label) * per_label + 1
        inside = slice(begin - first, stop - first)
        classes[inside] = number + 1
        classes[begin - first] = number
        if scheme == "bioes":
            classes[stop - first - 1] = number + (3 if stop - begin == 1 else 2)
    return classes


def _in_characters(option: Sequence[Piece], words: Sequence[Range]) -> Option:
    return tuple((words[first][0], words[end - 1][1], label) for first, end, label in option)
