"""Scoring of relations: strict, and with boundaries alone.

The two measures are those of B. Taillé, V. Guigue, G. Scoutheeten and P. Gallinari, Let's Stop
Incorrect Comparisons in End-to-end Relation Extraction! (EMNLP 2020), section 2.1. Strict: a
relation is correct if its type, and the boundaries and labels of both ends, are correct.
Boundaries: its type and the boundaries of both ends are correct; labels of ends do not count.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from vermeil.data.counts import Counts, ErrorKind, MatchCounts
from vermeil.data.document import Annotation, Span
from vermeil.data.region import SpanKey
from vermeil.tasks.labels import NO_LABEL
from vermeil.tasks.relations.types import RelationTypes

ENTITIES = "entities"
"""Name of the scores of the entities in ``Counts.parts``."""
BOUNDARIES = "boundaries"
"""Name of the scores of relations with boundaries alone in ``Counts.parts``."""


class RelationKey(NamedTuple):
    """A relation by its ends: two relations with the same key are equal in strict scoring."""

    head: SpanKey
    tail: SpanKey
    label: str

    @property
    def ranges(self) -> tuple[int, int, int, int]:
        """The boundaries of both ends."""
        return (*self.head[:2], *self.tail[:2])


RelationError = tuple[RelationKey | None, RelationKey | None, ErrorKind]
"""Gold relation and wrong prediction, None for one without a counterpart, and the kind."""


def relation_keys(annotation: Annotation, types: RelationTypes) -> set[RelationKey]:
    """Return the relations of an annotation; those of symmetric types begin at the first span.

    Relations with an end that probably does not exist (soft labels below 0.5) are left out.
    """
    spans: Sequence[Span] = annotation.spans or ()
    keys = set()
    for one in annotation.relations or ():
        head, tail, label = types.order(one.head, one.tail, one.label)
        if spans[head].is_likely and spans[tail].is_likely:
            keys.add(RelationKey(spans[head].key, spans[tail].key, label))
    return keys


def count_relations(
    gold: Annotation, predicted: Annotation, types: RelationTypes, entities: Counts
) -> Counts:
    """Score the relations of one document.

    Args:
        gold: the correct annotation.
        predicted: the annotation to score.
        types: the types of relations.
        entities: the scores of the entities of the same document.
    """
    expected, found = relation_keys(gold, types), relation_keys(predicted, types)
    same = expected & found
    confusion: Counter[tuple[str, str]] = Counter((one.label, one.label) for one in same)
    errors: Counter[tuple[str, ErrorKind]] = Counter()
    for right, wrong, kind in pair_relation_errors(expected - same, found - same):
        labels = (
            NO_LABEL if right is None else right.label,
            NO_LABEL if wrong is None else wrong.label,
        )
        confusion[labels] += 1
        errors[labels[1] if right is None else labels[0], kind] += 1
    bounds = [{(one.ranges, one.label) for one in keys} for keys in (expected, found)]
    boundaries = Counts(
        _per_label(
            [label for _, label in bounds[0] & bounds[1]],
            *([label for _, label in side] for side in reversed(bounds)),
        ),
        documents=1,
    )
    per_label = _per_label(*([one.label for one in keys] for keys in (same, found, expected)))
    parts = {ENTITIES: entities, BOUNDARIES: boundaries}
    return Counts(per_label, boundaries.overall, confusion, 1, 0, errors, parts)


def pair_relation_errors(
    gold: set[RelationKey], predicted: set[RelationKey]
) -> Iterator[RelationError]:
    """Yield each gold relation with its wrong prediction.

    A pair shares characters at both ends. Pairs with equal boundaries go first, then those with the
    most shared characters.

    Args:
        gold: relations without a correct prediction.
        predicted: wrong relations.
    """
    pairs = sorted(
        (
            (right.ranges != wrong.ranges, -shared, right, wrong)
            for right in gold
            for wrong in predicted
            if (shared := _shared(right, wrong)) > 0
        ),
    )
    free_gold, free_predicted = set(gold), set(predicted)
    for _, _, right, wrong in pairs:
        if right in free_gold and wrong in free_predicted:
            yield right, wrong, _kind(right, wrong)
            free_gold.remove(right)
            free_predicted.remove(wrong)
    for right in sorted(free_gold):
        yield right, None, "missing"
    for wrong in sorted(free_predicted):
        yield None, wrong, "spurious"


def _kind(right: RelationKey, wrong: RelationKey) -> ErrorKind:
    if right.ranges == wrong.ranges:
        return "type"
    labels = [(one.head[2], one.tail[2], one.label) for one in (right, wrong)]
    return "boundary" if labels[0] == labels[1] else "both"


def _shared(left: RelationKey, right: RelationKey) -> int:
    """Return the shared characters of two relations; 0 unless both ends share some."""
    common = [
        min(a[1], b[1]) - max(a[0], b[0])
        for a, b in ((left.head, right.head), (left.tail, right.tail))
    ]
    return sum(common) if min(common) > 0 else 0


def _per_label(
    correct: Sequence[str], predicted: Sequence[str], gold: Sequence[str]
) -> dict[str, MatchCounts]:
    columns = [Counter(labels) for labels in (correct, predicted, gold)]
    names = sorted({*columns[1], *columns[2]})
    return {name: MatchCounts(*(column[name] for column in columns)) for name in names}
