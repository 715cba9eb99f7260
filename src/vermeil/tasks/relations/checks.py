"""Checks of the relations of a document against the types of the task."""

from __future__ import annotations

from vermeil.data.display import shorten
from vermeil.data.document import Document, Span
from vermeil.errors import DataError
from vermeil.tasks.relations.types import RelationTypes

_SHOWN = 60
"""Maximum number of characters of a surface in a message."""


def check_relations(document: Document, types: RelationTypes) -> None:
    """Raise `DataError` for a relation that is unknown or connects labels that it may not connect.

    Args:
        document: a document whose entities are valid.
        types: the types of relations.
    """
    spans = document.spans or ()
    for relation in document.relations or ():
        head, tail = spans[relation.head], spans[relation.tail]
        ends = f"{_surface(document, head)} {head.label} → {_surface(document, tail)} {tail.label}"
        where = f"document {document.id!r}: relation {ends}"
        if relation.label not in types.names:
            meant = types.label_set.normalise(relation.label)
            hint = "" if meant is None else f"; write {meant!r} for it"
            raise DataError(
                f"{where}: unknown relation {relation.label!r}{hint}; task.relations has "
                f"{', '.join(types.names)}"
            )
        if not types.allows(relation.label, head.label, tail.label):
            raise DataError(
                f"{where}: {relation.label} connects {', '.join(types.head_labels(relation.label))}"
                f" with {', '.join(types.tail_labels(relation.label))}; correct the relation or "
                f"task.relations.{relation.label}"
            )


def _surface(document: Document, span: Span) -> str:
    return repr(shorten(document.text[span.start : span.end], _SHOWN))
