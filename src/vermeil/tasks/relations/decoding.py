"""Decoding of class probabilities of pairs to relations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from vermeil.data.document import Annotation, Range, Relation
from vermeil.data.pairs import WordPairs
from vermeil.data.region import SpanKey
from vermeil.tasks.relations.schema import PairSchema


def candidate_pairs(
    annotation: Annotation, words: Sequence[Range], schema: PairSchema
) -> WordPairs:
    """Return all pairs of spans whose labels allow a relation, in both directions.

    Args:
        annotation: spans of whole words, as the student predicts them.
        words: the ranges of the document's words, in order.
        schema: entity labels, pair classes and allowed pairs.

    Returns:
        The pairs; row n of ``spans`` is span n of the annotation.
    """
    starts = {start: number for number, (start, _) in enumerate(words)}
    ends = {end: number + 1 for number, (_, end) in enumerate(words)}
    rows = [
        (starts[span.start], ends[span.end], schema.labels.index(span.label))
        for span in annotation.spans or ()
    ]
    spans = np.array(rows, np.int64).reshape(-1, 3)
    open_to_relations = schema.mask[:, :, 1:].any(axis=2)
    related = open_to_relations[spans[:, None, 2], spans[None, :, 2]]
    np.fill_diagonal(related, val=False)
    return WordPairs(spans, np.argwhere(related).astype(np.int64))


def decode_relations(
    annotation: Annotation, words: WordPairs, probabilities: NDArray[np.float32], schema: PairSchema
) -> Annotation:
    """Return the annotation with the relations whose class is the most probable of their pair.

    A symmetric relation has one probability per pair of spans: the mean of both directions. It is
    emitted once, with the earlier span as head. A relation that the labels of its ends do not
    allow is never emitted.

    Args:
        annotation: the predicted spans.
        words: the pairs of `candidate_pairs`.
        probabilities: shape (pairs, classes).
        schema: entity labels, pair classes and allowed pairs.
    """
    allowed = schema.mask[words.heads[:, 2], words.tails[:, 2]]
    rows = np.where(allowed, probabilities, 0.0).astype(np.float64)
    both = _mean_of_directions(words, rows)
    symmetric = np.array([name in schema.symmetric for name in schema.classes])
    directed, undirected = rows.argmax(axis=1), both.argmax(axis=1)
    relations: list[Relation] = []
    for number, (head, tail) in enumerate(words.pairs.tolist()):
        mutual, own = int(undirected[number]), int(directed[number])
        if symmetric[mutual]:
            if head < tail:
                relations.append(
                    _relation(head, tail, schema.classes[mutual], both[number, mutual])
                )
        elif own and not symmetric[own]:
            relations.append(_relation(head, tail, schema.classes[own], rows[number, own]))
    return replace(annotation, relations=tuple(relations))


def _mean_of_directions(words: WordPairs, rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean of the probabilities of each pair and its reverse, if that is a pair, too."""
    places = {tuple(pair): number for number, pair in enumerate(words.pairs.tolist())}
    reverse = [places.get((tail, head)) for head, tail in words.pairs.tolist()]
    means = rows.copy()
    for number, other in enumerate(reverse):
        if other is not None:
            means[number] = (rows[number] + rows[other]) / 2
    return means


def scored_relations(gold: Annotation, predicted: Annotation) -> list[tuple[float, bool]]:
    """Return the score of every predicted relation that has one, and whether it is correct.

    Args:
        gold: the annotation of people. A relation is correct if it has both ends with the same
            bounds and labels.
        predicted: the student's annotation of the same document.
    """
    known = set(_keys(gold))
    relations = predicted.relations or ()
    return [
        (one.score, key in known)
        for one, key in zip(relations, _keys(predicted), strict=True)
        if one.score is not None
    ]


def _keys(annotation: Annotation) -> list[tuple[SpanKey, SpanKey, str]]:
    spans = annotation.spans or ()
    return [(spans[r.head].key, spans[r.tail].key, r.label) for r in annotation.relations or ()]


def _relation(head: int, tail: int, label: str, score: float) -> Relation:
    return Relation(head, tail, label, score=min(float(score), 1.0))
