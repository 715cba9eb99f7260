"""Where teacher and students see something in a text, and the ways in which it may be annotated."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from vermeil.data.document import Document, Range
from vermeil.data.region import Candidate, Region
from vermeil.data.tags import PREFIXES, Scheme, spans_to_tags
from vermeil.tasks.ner.decoding import decode_spans

O_LOGIT_PENALTY = 2.0
"""Students are also heard with O's logit lowered by so much, so that a span to which they give a
tenth of the probability is considered, though nobody named it."""

_SMALLEST = 1e-6

WordSpan = tuple[int, int, str]
"""First word, word behind the last one, and label."""


def find_regions(
    document: Document,
    words: Sequence[Range],
    probabilities: NDArray[np.floating] | None,
    labels: Sequence[str],
    scheme: Scheme = "iob2",
    auxiliary_probabilities: Sequence[NDArray[np.floating]] = (),
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
        auxiliary_probabilities: like ``probabilities``, of each who is asked besides: they add no options.
    """
    said = _annotated_word_spans(document, words, scheme)
    predicted, nearly = said, said
    if probabilities is not None:
        predicted = _predicted_word_spans(words, probabilities, labels, scheme)
        eager = probabilities.astype(np.float64)
        eager[:, 0] *= np.exp(-O_LOGIT_PENALTY)
        nearly = _predicted_word_spans(words, eager, labels, scheme)
    found = []
    for first, end in _merge_overlapping([*said, *predicted, *nearly]):
        own = [_within(pieces, first, end) for pieces in (said, predicted, nearly)]
        options = _candidates(own, labels)
        classes = np.array([_classes(o, first, end, labels, scheme) for o in options])
        stretches = [
            None if r is None else r[first:end] for r in (probabilities, *auxiliary_probabilities)
        ]
        evidence, *asked = (_log_probs(classes, stretch) for stretch in stretches)
        found.append(
            Region(
                words[first][0],
                words[end - 1][1],
                tuple(_to_character_offsets(option, words) for option in options),
                evidence,
                options.index(own[0]),
                options.index(own[1]),
                np.array(asked).reshape(len(asked), len(options)),
            )
        )
    return tuple(found)


def span_keys_of(document: Document, words: Sequence[Range], scheme: Scheme = "iob2") -> Candidate:
    """Return a document's spans as tags hold them: of whole words, none overlapping another."""
    return _to_character_offsets(_annotated_word_spans(document, words, scheme), words)


def _annotated_word_spans(
    document: Document, words: Sequence[Range], scheme: Scheme
) -> tuple[WordSpan, ...]:
    tags, _ = spans_to_tags(document.spans or (), words, scheme)
    pieces: list[WordSpan] = []
    for number, tag in enumerate(tags):
        prefix, _, label = tag.partition("-")
        if prefix in ("B", "S"):
            pieces.append((number, number + 1, label))
        elif prefix in ("I", "E"):
            first, _, label = pieces[-1]
            pieces[-1] = (first, number + 1, label)
    return tuple(pieces)


def _predicted_word_spans(
    words: Sequence[Range],
    probabilities: NDArray[np.floating],
    labels: Sequence[str],
    scheme: Scheme,
) -> tuple[WordSpan, ...]:
    numbers = [(i, i + 1) for i in range(len(words))]
    spans = decode_spans(numbers, probabilities, labels, scheme)
    return tuple((s.start, s.end, s.label) for s in spans)


def _merge_overlapping(word_spans: Iterable[WordSpan]) -> list[tuple[int, int]]:
    """Return the stretches that overlapping pieces cover together, in order."""
    stretches: list[tuple[int, int]] = []
    for first, end, _ in sorted(word_spans):
        if stretches and first < stretches[-1][1]:
            stretches[-1] = (stretches[-1][0], max(stretches[-1][1], end))
        else:
            stretches.append((first, end))
    return stretches


def _within(word_spans: Sequence[WordSpan], first: int, end: int) -> tuple[WordSpan, ...]:
    return tuple(p for p in word_spans if first <= p[0] and p[1] <= end)


def _candidates(
    own: Sequence[tuple[WordSpan, ...]], labels: Sequence[str]
) -> list[tuple[WordSpan, ...]]:
    options: set[tuple[WordSpan, ...]] = {()}
    for pieces in own:
        options.add(pieces)
        if len(pieces) == 1:
            ((first, end, _),) = pieces
            options.update(((first, end, label),) for label in labels)
        else:
            options.update((piece,) for piece in pieces)
    return sorted(options)


def _log_probs(
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
    candidate: Sequence[WordSpan], first: int, end: int, labels: Sequence[str], scheme: Scheme
) -> NDArray[np.int64]:
    """Return the class that an option gives to each word of a region."""
    per_label = len(PREFIXES[scheme])
    classes = np.zeros(end - first, np.int64)
    for begin, stop, label in candidate:
        number = labels.index(label) * per_label + 1
        inside = slice(begin - first, stop - first)
        classes[inside] = number + 1
        classes[begin - first] = number
        if scheme == "bioes":
            classes[stop - first - 1] = number + (3 if stop - begin == 1 else 2)
    return classes


def _to_character_offsets(candidate: Sequence[WordSpan], words: Sequence[Range]) -> Candidate:
    return tuple((words[first][0], words[end - 1][1], label) for first, end, label in candidate)
