r"""Relation layers of WebAnno TSV 3: ``#T_RL=LAYER|feature|BT_SPANLAYER``.

A relation is in the row of the first token of its tail: the value in the column of the feature, and
``1-3[2_4]`` in the column ``BT_…``. This is the row of the head's first token, and the numbers of
head and tail where several annotations need them (0: none). ``|`` separates several relations of
one row, which are then numbered like spans.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from vermeil.corpora.formats.webanno.escapes import NONE, unescape
from vermeil.data.relation import Relation

BASE = "BT_"
"""Begin of the feature with the row of the head."""
_SOURCE = re.compile(r"([\d.-]+)(?:\[(\d+)_(\d+)\])?")
_NUMBERED = re.compile(r"(.*)\[(\d+)\]", re.DOTALL)
_NO_VALUE = "*"


class RelationColumns(NamedTuple):
    """Columns of a relation layer: its label and the row of its head; None: there is no label."""

    layer: str
    label: int | None
    base: int


@dataclass(slots=True)
class RelationRows:
    """The relations of a file as they are written, until all spans are known.

    Args:
        owners: row and number of an annotation (0: none) to the index of its span.
        found: row, label and written head of each relation.
        unread: number of relations whose ends are no spans.
    """

    owners: dict[tuple[str, str], int] = field(default_factory=dict)
    found: list[tuple[str, str, str]] = field(default_factory=list)
    unread: int = 0

    def add(self, row: str, labels: Sequence[str], bases: Sequence[str], layer: str) -> None:
        """Add the relations of one row.

        Args:
            row: address of the row.
            labels: values of the column of the label.
            bases: values of the column of the head's row.
            layer: name of the layer, the label of relations without one.
        """
        for number, base in enumerate(bases):
            value = labels[number] if number < len(labels) else NONE
            numbered = _NUMBERED.fullmatch(value)
            label = unescape(numbered[1] if numbered else value)
            name = layer.rpartition(".")[2] if label in (NONE, _NO_VALUE, "") else label
            self.found.append((row, name, base))

    def relations(self, places: dict[int, int]) -> tuple[Relation, ...]:
        """Return the relations; those without two different spans, and repeated ones, are counted.

        Args:
            places: index of each span among the written ones to its index in the document.
        """
        relations: dict[tuple[int, int, str], Relation] = {}
        for row, label, base in self.found:
            ends = self._ends(row, base)
            head, tail = (None if end is None else places.get(end) for end in ends)
            if head is None or tail is None or head == tail or (head, tail, label) in relations:
                self.unread += 1
            else:
                relations[head, tail, label] = Relation(head, tail, label)
        return tuple(relations.values())

    def _ends(self, row: str, base: str) -> tuple[int | None, int | None]:
        source = _SOURCE.fullmatch(base)
        if source is None:
            return None, None
        head_row, head, tail = source[1], source[2] or "0", source[3] or "0"
        return self._owner(head_row, head), self._owner(row, tail)

    def _owner(self, row: str, number: str) -> int | None:
        return self.owners.get((row, number))


def relation_columns(
    columns: Sequence[tuple[str, str, str]], layers: Collection[str]
) -> Iterator[RelationColumns]:
    """Yield the columns of each relation layer between spans of the chosen layers.

    Args:
        columns: kind, layer and feature of every column.
        layers: the layers of the spans.
    """
    bases = {BASE + layer for layer in layers}
    for layer in dict.fromkeys(layer for kind, layer, _ in columns if kind == "RL"):
        own = [(n, feature) for n, (_, name, feature) in enumerate(columns) if name == layer]
        base = next((n for n, feature in own if feature in bases), None)
        if base is None:
            continue
        features = [(n, feature) for n, feature in own if not feature.startswith(BASE)]
        named = [n for n, feature in features if feature in ("label", "value")]
        label = named[0] if named else next((n for n, feature in features if feature), None)
        yield RelationColumns(layer, label, base)
