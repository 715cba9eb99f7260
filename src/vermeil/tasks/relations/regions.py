"""Pairs of spans that teacher or students relate, and the candidates of each pair."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from vermeil.data.document import Annotation, Range, Span
from vermeil.data.region import PairCandidate, PairLabel, PairRegion
from vermeil.tasks.relations.encoding import annotated_pairs, is_unknown_pair
from vermeil.tasks.relations.schema import PairSchema

LEAST_PROBABILITY = 0.1
"""Least probability of any relation under the students that makes a pair without a relation of the
teacher a region."""

_SMALLEST = 1e-6
"""Least probability of a class, so that logarithms are finite."""

PairTable = NDArray[np.float32]
"""Scored pairs of a document, shape (pairs, 2 + classes): indices of head and tail among its spans,
then the probability of each class."""


def pair_regions(
    annotation: Annotation, words: Sequence[Range], table: PairTable | None, schema: PairSchema
) -> tuple[PairRegion, ...]:
    """Return the pairs of spans between which teacher or students mark a relation, in order.

    A pair without a relation of the teacher is a region if the probability of any relation under
    the students is at least `LEAST_PROBABILITY`. A pair that the teacher's annotation leaves
    unknown is none. Candidates are no relation, the teacher's relations, and each relation that the
    labels of both spans allow, in each allowed direction.

    Args:
        annotation: the teacher's annotation, with relations.
        words: the ranges of the document's words.
        table: the pairs of its spans, scored by students that were not trained on the document;
            None: there are no students, and all candidates have the same probability.
        schema: entity labels, pair classes and allowed pairs.
    """
    if annotation.relations is None:
        return ()
    spans: Sequence[Span] = annotation.spans or ()
    pairs = annotated_pairs(annotation, words, schema)
    found = _teacher_relations(annotation, schema)
    scored = None if table is None else _scored(table)
    regions: list[PairRegion] = []
    for first, second in sorted({(min(pair), max(pair)) for pair in pairs.pairs.tolist()}):
        teacher = found.get((first, second), ())
        ends = tuple(pairs.ranges[first].tolist()), tuple(pairs.ranges[second].tolist())
        if not teacher and is_unknown_pair(annotation, first, second, schema, (ends[0], ends[1])):
            continue
        if not teacher and is_unknown_pair(annotation, second, first, schema, (ends[1], ends[0])):
            continue
        rows = None if scored is None else _rows(scored, first, second)
        if not teacher and (rows is None or 1 - rows[0, 0] * rows[1, 0] < LEAST_PROBABILITY):
            continue
        candidates = _candidates(first, second, (ends[0][2], ends[1][2]), teacher, schema)
        log_probs = _log_probs(candidates, first, rows, schema)
        choice = candidates.index(teacher)
        own = (r for r in annotation.relations if {r.head, r.tail} == {first, second})
        scores = [one.score for one in own]
        known = [score for score in scores if score is not None]
        regions.append(
            PairRegion(
                spans[first].key,
                spans[second].key,
                candidates,
                log_probs,
                choice,
                choice if rows is None else int(log_probs.argmax()),
                1 - min(known) if known else 0.0,
            )
        )
    return tuple(regions)


def _teacher_relations(
    annotation: Annotation, schema: PairSchema
) -> dict[tuple[int, int], PairCandidate]:
    found: dict[tuple[int, int], list[PairLabel]] = {}
    for one in annotation.relations or ():
        ends = min(one.head, one.tail), max(one.head, one.tail)
        key = (*ends, one.label) if one.label in schema.symmetric else one.key
        found.setdefault(ends, []).append(key)
    return {ends: tuple(sorted(keys)) for ends, keys in found.items()}


def _scored(table: PairTable) -> Mapping[tuple[int, int], NDArray[np.float64]]:
    numbers = np.rint(table[:, :2]).astype(np.int64).tolist()
    rows = table[:, 2:].astype(np.float64)
    return {(head, tail): row for (head, tail), row in zip(numbers, rows, strict=True)}


def _rows(
    scored: Mapping[tuple[int, int], NDArray[np.float64]], first: int, second: int
) -> NDArray[np.float64] | None:
    """Return the class probabilities of both directions, shape (2, classes); None without any.

    A direction that the labels do not allow has no relation.
    """
    own = scored.get((first, second)), scored.get((second, first))
    known = [row for row in own if row is not None]
    if not known:
        return None
    nothing = np.zeros(len(known[0]))
    nothing[0] = 1.0
    return np.maximum(np.stack([nothing if row is None else row for row in own]), _SMALLEST)


def _candidates(
    first: int,
    second: int,
    labels: tuple[int, int],
    teacher: PairCandidate,
    schema: PairSchema,
) -> tuple[PairCandidate, ...]:
    singles = _allowed(first, second, labels, schema)
    return tuple(sorted({(), teacher, *((single,) for single in singles)}))


def _allowed(
    first: int, second: int, labels: tuple[int, int], schema: PairSchema
) -> Iterator[PairLabel]:
    """Yield each relation that the labels of two spans allow; a symmetric one from the first."""
    for number, name in enumerate(schema.classes[1:], 1):
        if schema.mask[labels[0], labels[1], number]:
            yield first, second, name
        if name not in schema.symmetric and schema.mask[labels[1], labels[0], number]:
            yield second, first, name


def _log_probs(
    candidates: Sequence[PairCandidate],
    first: int,
    rows: NDArray[np.float64] | None,
    schema: PairSchema,
) -> NDArray[np.float64]:
    """Return the normalised log-probability of each candidate.

    Before normalisation it is the product over both directions of the probability of the
    direction's relation, or of none. A symmetric relation is that of both directions.
    """
    sums = np.zeros(len(candidates))
    if rows is not None:
        logs = np.log(rows)
        for place, candidate in enumerate(candidates):
            numbers: list[list[int]] = [[], []]
            for head, _, name in candidate:
                own = schema.classes.index(name)
                if name in schema.symmetric:
                    numbers[0].append(own)
                    numbers[1].append(own)
                else:
                    numbers[0 if head == first else 1].append(own)
            sums[place] = sum(
                logs[side, own].sum() if own else logs[side, 0] for side, own in enumerate(numbers)
            )
    result: NDArray[np.float64] = sums - np.logaddexp.reduce(sums)
    return result
