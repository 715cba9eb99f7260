"""Regions of a text that teacher or students mark, and the candidates of each region."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from vermeil.data.document import Document, Range
from vermeil.data.region import Candidate, Region
from vermeil.data.tags import PREFIXES, Scheme, spans_to_tags
from vermeil.tasks.ner.decoding import decode_spans

O_LOGIT_PENALTY = 2.0
"""Reduction of O's logit for a second decoding of the students' probabilities. It adds spans with
about a tenth of the probability that neither teacher nor students marked."""

_SMALLEST = 1e-6

WordSpan = tuple[int, int, str]
"""First word, one past the last word, and label."""


def find_regions(
    document: Document,
    words: Sequence[Range],
    probabilities: NDArray[np.floating] | None,
    labels: Sequence[str],
    scheme: Scheme = "iob2",
    auxiliary_probabilities: Sequence[NDArray[np.floating]] = (),
) -> tuple[Region, ...]:
    """Return the regions of a document, in order.

    A region is the union of spans of teacher and students that overlap each other. Its candidates
    are the teacher's annotation, the students' annotation, and the students' annotation with O
    reduced by `O_LOGIT_PENALTY`. Further candidates are each span of these alone, a single span
    under every other label, and the empty annotation.

    Labels that the document is unknown for are in no candidate: the teacher gave no answer there.

    Args:
        document: a document with the teacher's annotation; spans are widened to whole words.
        words: ranges of its words.
        probabilities: shape (words, classes), from students that were not trained on the document;
            None: there are no students, and all candidates have the same probability.
        labels: the label set, in the order of the classes.
        scheme: the tagging scheme of the classes.
        auxiliary_probabilities: probabilities of auxiliary scorers, each of the same shape; they
            contribute no candidates.
    """
    teacher = _annotated_word_spans(document, words, scheme)
    student, sensitive = teacher, teacher
    if probabilities is not None:
        student = _predicted_word_spans(words, probabilities, labels, scheme)
        reduced = probabilities.astype(np.float64)
        reduced[:, 0] *= np.exp(-O_LOGIT_PENALTY)
        sensitive = _predicted_word_spans(words, reduced, labels, scheme)
        student, sensitive = (
            _without_unknown(one, document, words) for one in (student, sensitive)
        )
    found = []
    for first, end in _merge_overlapping([*teacher, *student, *sensitive]):
        own = [_within(spans, first, end) for spans in (teacher, student, sensitive)]
        candidates = _known_candidates(_candidates(own, labels), own, document, words)
        classes = np.array([_classes(c, first, end, labels, scheme) for c in candidates])
        parts = [
            None if p is None else p[first:end] for p in (probabilities, *auxiliary_probabilities)
        ]
        log_probs, *auxiliary = (_log_probs(classes, part) for part in parts)
        found.append(
            Region(
                words[first][0],
                words[end - 1][1],
                tuple(_to_character_offsets(candidate, words) for candidate in candidates),
                log_probs,
                candidates.index(own[0]),
                candidates.index(own[1]),
                np.array(auxiliary).reshape(len(auxiliary), len(candidates)),
            )
        )
    return tuple(found)


def span_keys_of(document: Document, words: Sequence[Range], scheme: Scheme = "iob2") -> Candidate:
    """Return a document's spans as tags represent them: whole words without overlaps."""
    return _to_character_offsets(_annotated_word_spans(document, words, scheme), words)


def _annotated_word_spans(
    document: Document, words: Sequence[Range], scheme: Scheme
) -> tuple[WordSpan, ...]:
    tags, _ = spans_to_tags(document.spans or (), words, scheme)
    spans: list[WordSpan] = []
    for number, tag in enumerate(tags):
        prefix, _, label = tag.partition("-")
        if prefix in ("B", "S"):
            spans.append((number, number + 1, label))
        elif prefix in ("I", "E"):
            first, _, label = spans[-1]
            spans[-1] = (first, number + 1, label)
    return tuple(spans)


def _predicted_word_spans(
    words: Sequence[Range],
    probabilities: NDArray[np.floating],
    labels: Sequence[str],
    scheme: Scheme,
) -> tuple[WordSpan, ...]:
    numbers = [(i, i + 1) for i in range(len(words))]
    spans = decode_spans(numbers, probabilities, labels, scheme)
    return tuple((s.start, s.end, s.label) for s in spans)


def _known_candidates(
    candidates: list[tuple[WordSpan, ...]],
    own: Sequence[tuple[WordSpan, ...]],
    document: Document,
    words: Sequence[Range],
) -> list[tuple[WordSpan, ...]]:
    """Return the candidates without labels that the document is unknown for.

    The annotations of teacher and students always stay.
    """
    if not document.annotation.abstain_labels:
        return candidates
    return [
        one
        for one in candidates
        if one in own or len(_without_unknown(one, document, words)) == len(one)
    ]


def _without_unknown(
    word_spans: tuple[WordSpan, ...], document: Document, words: Sequence[Range]
) -> tuple[WordSpan, ...]:
    """Return word spans without those whose label the document is unknown for."""
    abstentions = document.annotation.abstain_labels
    return tuple(
        span
        for span in word_spans
        if not any(
            span[2] in one.labels and one.overlaps(words[span[0]][0], words[span[1] - 1][1])
            for one in abstentions
        )
    )


def _merge_overlapping(word_spans: Iterable[WordSpan]) -> list[tuple[int, int]]:
    """Return the unions of overlapping spans as word ranges, in order."""
    merged: list[tuple[int, int]] = []
    for first, end, _ in sorted(word_spans):
        if merged and first < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((first, end))
    return merged


def _within(word_spans: Sequence[WordSpan], first: int, end: int) -> tuple[WordSpan, ...]:
    return tuple(p for p in word_spans if first <= p[0] and p[1] <= end)


def _candidates(
    own: Sequence[tuple[WordSpan, ...]], labels: Sequence[str]
) -> list[tuple[WordSpan, ...]]:
    candidates: set[tuple[WordSpan, ...]] = {()}
    for spans in own:
        candidates.add(spans)
        if len(spans) == 1:
            ((first, end, _),) = spans
            candidates.update(((first, end, label),) for label in labels)
        else:
            candidates.update((span,) for span in spans)
    return sorted(candidates)


def _log_probs(
    classes: NDArray[np.int64], probabilities: NDArray[np.floating] | None
) -> NDArray[np.float64]:
    """Return the normalised log-probability of each candidate.

    Before normalisation it is the sum of the log-probabilities of the words' classes.

    Args:
        classes: shape (candidates, words).
        probabilities: shape (words, classes); None: uniform.
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
    """Return the class of each word of a region under a candidate."""
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
