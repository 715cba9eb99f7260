"""Decoding of class probabilities of pairs to relations."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from vermeil.data.document import Annotation, Range
from vermeil.data.example import WordPairs
from vermeil.data.region import SpanKey
from vermeil.data.relation import Relation
from vermeil.tasks.relations.schema import PairSchema

_SMALLEST = 1e-30
"""Lower bound of probabilities, so that their logarithms are finite."""


def candidate_pairs(
    annotation: Annotation, words: Sequence[Range], schema: PairSchema
) -> WordPairs:
    """Return all pairs of spans whose labels allow a relation, in both directions.

    Args:
        annotation: spans of whole words, as the student predicts them.
        words: the ranges of the document's words, in order.
        schema: entity labels, pair classes and allowed pairs.

    Returns:
        The pairs; row n of ``ranges`` is span n of the annotation.
    """
    starts = {start: number for number, (start, _) in enumerate(words)}
    ends = {end: number + 1 for number, (_, end) in enumerate(words)}
    rows = [
        (starts[span.start], ends[span.end], schema.labels.index(span.label))
        for span in annotation.spans or ()
    ]
    spans = np.array(rows, np.int64).reshape(-1, 3)
    open_to_relations: NDArray[np.bool_] = np.asarray(schema.mask[:, :, 1:].any(axis=2))
    related = open_to_relations[spans[:, None, 2], spans[None, :, 2]]
    np.fill_diagonal(related, val=False)
    return WordPairs(spans, np.argwhere(related).astype(np.int64))


def decode_relations(
    annotation: Annotation, words: WordPairs, probabilities: NDArray[np.float32], schema: PairSchema
) -> Annotation:
    """Return the annotation with the relation of every pair that reaches its threshold.

    The class of a pair is the one with the highest probability times the factor of the schema: a
    relation at least as probable as its threshold requires, or none. The score of a relation is its
    probability, without the factor. A symmetric relation has one score per pair of spans: the mean
    of both directions. It is emitted once, with the earlier span as head, if no directed relation
    is the class of either direction, and it has the highest product of both directions among none
    and the symmetric relations. A relation that the labels of its ends do not allow is never
    emitted.

    Args:
        annotation: the predicted spans.
        words: the pairs of `candidate_pairs`.
        probabilities: shape (pairs, classes).
        schema: entity labels, pair classes and allowed pairs.
    """
    allowed = schema.mask[words.heads[:, 2], words.tails[:, 2]]
    rows = np.where(allowed, probabilities, 0.0).astype(np.float64)
    has_direction = np.array([name not in schema.symmetric for name in schema.classes])
    has_direction[0] = False
    values = rows * schema.factors
    best = values.argmax(axis=1)
    places = {(head, tail): n for n, (head, tail) in enumerate(words.pairs.tolist())}
    relations: list[Relation] = []
    for (head, tail), number in places.items():
        reverse = places.get((tail, head))
        if has_direction[best[number]]:
            label = schema.classes[best[number]]
            relations.append(_relation(head, tail, label, rows[number, best[number]]))
        elif reverse is not None and head < tail and not has_direction[best[reverse]]:
            both = rows[[number, reverse]]
            product = np.log(np.maximum(values[[number, reverse]], _SMALLEST)).sum(axis=0)
            mutual = int(np.where(has_direction, -np.inf, product).argmax())
            if mutual and both[:, mutual].all():
                score = both[:, mutual].mean()
                relations.append(_relation(head, tail, schema.classes[mutual], score))
    return replace(annotation, relations=tuple(relations))


def scored_relations(
    gold: Annotation, predicted: Annotation, symmetric: Collection[str] = ()
) -> list[tuple[float, bool]]:
    """Return the score of every predicted relation that has one, and whether it is correct.

    Args:
        gold: the annotation of people. A relation is correct if it has both ends with the same
            bounds and labels.
        predicted: the student's annotation of the same document.
        symmetric: the types without a direction.
    """
    known = set(_keys(gold, symmetric))
    relations = predicted.relations or ()
    return [
        (one.score, key in known)
        for one, key in zip(relations, _keys(predicted, symmetric), strict=True)
        if one.score is not None
    ]


def _keys(annotation: Annotation, symmetric: Collection[str]) -> list[tuple[SpanKey, SpanKey, str]]:
    spans = annotation.spans or ()
    found = []
    for one in annotation.relations or ():
        ends = [spans[one.head].key, spans[one.tail].key]
        head, tail = sorted(ends) if one.label in symmetric else ends
        found.append((head, tail, one.label))
    return found


def _relation(head: int, tail: int, label: str, score: float) -> Relation:
    return Relation(head, tail, label, score=min(float(score), 1.0))
