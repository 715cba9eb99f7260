"""Training targets of relations: pairs of annotated spans, and of sampled wrong spans.

At prediction, the student relates the spans that it found, some of which are wrong. Training on
wrong spans as negative examples follows M. Eberts and A. Ulges, Span-based Joint Entity and
Relation Extraction with Transformer Pre-training (ECAI 2020).
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations

import numpy as np
from numpy.typing import NDArray

from vermeil.data.document import Annotation, Document, Range, Span
from vermeil.data.example import PairTarget, WordPairs
from vermeil.tasks.relations.schema import PairSchema

RANDOM_SPANS = 2
"""Wrong spans per text that do not derive from an annotated span."""

LONGEST_RANDOM = 3
"""Maximum words of a random span."""

MAX_NEGATIVES = 256
"""Maximum pairs without a relation per text that enter the loss; the others are left out."""

WordSpan = tuple[int, int, int]
"""First word, one past the last word, and number of the label."""

Pair = tuple[WordSpan, WordSpan]


@dataclass(frozen=True, slots=True)
class _KnownSpans:
    """The annotated spans of a text as word ranges.

    Args:
        spans: word range of each usable span, by its index in the annotation.
        weights: loss weight of each of them.
        is_unknown: whether each word is in an abstention, or in a span that is not usable.
    """

    spans: dict[int, WordSpan]
    weights: dict[int, float]
    is_unknown: NDArray[np.bool_]


def encode_pairs(
    document: Document, words: Sequence[Range], schema: PairSchema
) -> tuple[PairTarget | None, dict[str, int]]:
    """Return the pairs of a document with their classes, and the relations that encoding lost.

    The pairs are those of annotated spans and of sampled wrong spans, as far as the schema allows
    a relation between their labels. Pairs whose relation is unknown are left out. The weight of a
    pair is the document's weight times the smaller weight of its two ends.

    Args:
        document: an annotated document whose labels are all in the schema.
        words: the ranges of its words, in order.
        schema: entity labels, pair classes and allowed pairs.

    Returns:
        None instead of pairs if the relations of the document are unknown. The losses are
        ``relation_without_words`` (an end has no word of its own), ``relation_off_schema`` (the
        labels of the ends do not allow it) and ``second_relation`` (the pair has another one).
    """
    annotation = document.annotation
    if annotation.relations is None or annotation.spans is None:
        return None, {}
    known = _known_spans(annotation, words, schema)
    classes, losses = _relation_classes(annotation, known, schema)
    base = 1.0 if document.weight is None else document.weight
    generator = np.random.default_rng(zlib.crc32(f"{document.id}\n{document.text}".encode()))
    wrong = _wrong_spans(known, len(words), len(schema.labels), generator)
    numbers = sorted(known.spans)
    positive: list[tuple[Pair, int, float]] = []
    negative: list[tuple[Pair, int, float]] = []
    for head, tail in permutations(numbers, 2):
        pair = known.spans[head], known.spans[tail]
        if not schema.is_candidate(*pair):
            continue
        weight = base * min(known.weights[head], known.weights[tail])
        number = classes.get((head, tail), 0)
        if number:
            positive.append((pair, number, weight))
        elif not is_unknown_pair(annotation, head, tail, schema, pair):
            negative.append((pair, 0, weight))
    every = [*known.spans.values(), *wrong]
    for one in wrong:
        for other in every:
            for pair in ((one, other), (other, one)) if other not in wrong else ((one, other),):
                if one != other and schema.is_candidate(*pair):
                    negative.append((pair, 0, base))
    if len(negative) > MAX_NEGATIVES:
        chosen = np.sort(generator.choice(len(negative), MAX_NEGATIVES, replace=False))
        negative = [negative[i] for i in chosen]
    return _target([*positive, *negative]), losses


def annotated_pairs(
    annotation: Annotation, words: Sequence[Range], schema: PairSchema
) -> WordPairs:
    """Return the pairs of annotated spans whose labels allow a relation, in both directions.

    Unlike `vermeil.tasks.relations.decoding.candidate_pairs`, the spans need not consist of whole
    words. A span that has no word, or is in an abstention, is in no pair.

    Args:
        annotation: an annotation whose labels are all in the schema.
        words: the ranges of the document's words, in order.
        schema: entity labels, pair classes and allowed pairs.

    Returns:
        The pairs; row n of ``ranges`` is span n of the annotation.
    """
    known = _known_spans(annotation, words, schema).spans
    ranges = np.zeros((len(annotation.spans or ()), 3), np.int64)
    for number, span in known.items():
        ranges[number] = span
    pairs = [
        pair
        for pair in permutations(sorted(known), 2)
        if schema.is_candidate(known[pair[0]], known[pair[1]])
    ]
    return WordPairs(ranges, np.array(pairs, np.int64).reshape(-1, 2))


def _known_spans(annotation: Annotation, words: Sequence[Range], schema: PairSchema) -> _KnownSpans:
    starts, ends = np.array(words, np.int64).reshape(-1, 2).T
    is_unknown, is_taken = np.zeros(len(words), bool), np.zeros(len(words), bool)

    def covered(start: int, end: int) -> slice:
        first = int(np.searchsorted(ends, start, side="right"))
        return slice(first, int(np.searchsorted(starts, end, side="left")))

    for start, end in annotation.abstain:
        is_unknown[covered(start, end)] = True
    spans: dict[int, WordSpan] = {}
    weights: dict[int, float] = {}
    for number, span in enumerate(annotation.spans or ()):
        own = covered(span.start, span.end)
        if own.start >= own.stop or is_taken[own].any() or not span.is_likely:
            is_unknown[own] |= ~is_taken[own]
            continue
        is_taken[own] = True
        if is_unknown[own].any():
            continue
        spans[number] = own.start, own.stop, schema.labels.index(span.label)
        weights[number] = 1.0 if span.weight is None else span.weight
    return _KnownSpans(spans, weights, is_unknown)


def _relation_classes(
    annotation: Annotation, known: _KnownSpans, schema: PairSchema
) -> tuple[dict[tuple[int, int], int], dict[str, int]]:
    """Return the class of every pair with a relation, in both directions if it is symmetric."""
    classes: dict[tuple[int, int], int] = {}
    losses: dict[str, int] = {}
    spans: Sequence[Span] = annotation.spans or ()
    for relation in annotation.relations or ():
        number = schema.classes.index(relation.label)
        ends = (relation.head, relation.tail)
        loss = None
        if not schema.allowed_labels(relation.label, spans[ends[0]].label, spans[ends[1]].label):
            loss = "relation_off_schema"
        elif not all(end in known.spans for end in ends):
            loss = "relation_without_words"
        elif classes.get(ends, number) != number:
            loss = "second_relation"
        if loss is not None:
            losses[loss] = losses.get(loss, 0) + 1
            continue
        classes[ends] = number
        if relation.label in schema.symmetric:
            classes.setdefault((ends[1], ends[0]), number)
    return classes, losses


def is_unknown_pair(
    annotation: Annotation, head: int, tail: int, schema: PairSchema, pair: Pair
) -> bool:
    """Return whether any relation that the schema allows for a pair is unknown."""
    if not annotation.abstain_pairs:
        return False
    allowed = np.flatnonzero(schema.mask[pair[0][2], pair[1][2]])
    names = [schema.classes[number] for number in allowed if number]
    return any(
        one.covers(head, tail, name) or (name in schema.symmetric and one.covers(tail, head, name))
        for one in annotation.abstain_pairs
        for name in names
    )


def _wrong_spans(
    known: _KnownSpans, words: int, labels: int, generator: np.random.Generator
) -> list[WordSpan]:
    """Draw wrong spans: one near each annotated span, and `RANDOM_SPANS` elsewhere.

    A wrong span near an annotated one has another label, or one word more or less at one end.
    """
    right = set(known.spans.values())
    drawn = [_wrong_variant(span, labels, generator) for span in known.spans.values()]
    for _ in range(RANDOM_SPANS if words else 0):
        first = int(generator.integers(words))
        size = int(generator.integers(1, LONGEST_RANDOM + 1))
        drawn.append((first, first + size, int(generator.integers(labels))))
    return [
        span
        for span in dict.fromkeys(drawn)
        if 0 <= span[0] < span[1] <= words
        and span not in right
        and not known.is_unknown[span[0] : span[1]].any()
    ]


def _wrong_variant(span: WordSpan, labels: int, generator: np.random.Generator) -> WordSpan:
    first, end, label = span
    change, step = int(generator.integers(3)), int(generator.choice([-1, 1]))
    if change == 0 and labels > 1:
        return first, end, (label + int(generator.integers(1, labels))) % labels
    return (first + step, end, label) if change == 1 else (first, end + step, label)


def _target(listed: Sequence[tuple[Pair, int, float]]) -> PairTarget:
    numbers: Mapping[WordSpan, int] = {
        span: i for i, span in enumerate(dict.fromkeys(s for pair, _, _ in listed for s in pair))
    }
    spans = np.array(list(numbers), np.int64).reshape(-1, 3)
    pairs = [[numbers[head], numbers[tail]] for (head, tail), _, _ in listed]
    return PairTarget(
        WordPairs(spans, np.array(pairs, np.int64).reshape(-1, 2)),
        np.array([number for _, number, _ in listed], np.int64),
        np.array([weight for _, _, weight in listed], np.float32),
    )
