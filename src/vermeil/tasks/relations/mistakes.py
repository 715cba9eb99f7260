"""Mistakes of an annotation with relations against gold."""

from __future__ import annotations

from vermeil.data.document import Annotation, Document
from vermeil.tasks.mistakes import Mistake
from vermeil.tasks.relations.scoring import RelationKey, pair_relation_errors, relation_keys
from vermeil.tasks.relations.types import RelationTypes


def relation_mistakes(
    document: Document, predicted: Annotation, types: RelationTypes
) -> tuple[Mistake, ...]:
    """Return the missed, spurious and wrong relations of an annotation, in the order of the text.

    The surface of a mistake is ``head → tail``.

    Args:
        document: the gold document.
        predicted: another annotation of its text.
        types: the types of relations.
    """
    gold = relation_keys(document.annotation, types)
    found = relation_keys(predicted, types)
    mistakes: list[tuple[RelationKey, Mistake]] = []
    for right, wrong, kind in pair_relation_errors(gold - found, found - gold):
        known = right or wrong
        assert known is not None, "one of a pair is a relation"
        mistake = Mistake(
            kind,
            _surface(document.text, known),
            None if right is None else right.label,
            None if wrong is None else _surface(document.text, wrong),
            None if wrong is None else wrong.label,
        )
        mistakes.append((known, mistake))
    return tuple(mistake for _, mistake in sorted(mistakes, key=lambda pair: pair[0]))


def _surface(text: str, relation: RelationKey) -> str:
    ends = (text[start:end] for start, end, _ in (relation.head, relation.tail))
    return " → ".join(ends)
