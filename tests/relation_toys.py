"""Toy documents with relations, and the task that they belong to."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from tests.toys import NAMES, PLACES

from vermeil.data.document import Annotation, Document, Span
from vermeil.data.relation import Relation
from vermeil.student.config import StudentConfig
from vermeil.tasks.config import TaskConfig
from vermeil.tasks.relations.task import RelationsTask

if TYPE_CHECKING:
    from vermeil.student.student import Student

RELATIONS: dict[str, Any] = {
    "born_in": {"head": ["PER"], "tail": ["LOC"]},
    "knows": {"head": ["PER"], "tail": ["PER"], "symmetric": True},
    "leads": {"head": ["PER"], "tail": ["PER"]},
}

PATTERNS = [
    ("{0} was born in {1}", "PL", [(0, 1, "born_in")]),
    ("{0} left {1} today", "PL", []),
    ("{0} knows {1}", "PP", [(0, 1, "knows")]),
    ("{0} leads {1}", "PP", [(0, 1, "leads")]),
    ("{0} obeys {1}", "PP", [(1, 0, "leads")]),
    ("{0} was born in {1} and {2} left", "PLP", [(0, 1, "born_in")]),
]
"""Text with places for names, their labels, and the relations between them."""


def relations_task(**settings: Any) -> RelationsTask:
    """Return the task of the toy documents."""
    values = {"name": "relations", "labels": {"PER": {}, "LOC": {}}, "relations": RELATIONS}
    return RelationsTask(TaskConfig.model_validate(values | settings))


def untrained_student(encoder: Path, none_bias: float, **types: dict[str, Any]) -> Student:
    """Return an untrained student that finds many entities and relations.

    Args:
        encoder: folder of a tiny encoder.
        none_bias: added to the logit of no relation; the lower, the more relations.
        types: relation types by name.
    """
    import torch

    from vermeil.student.student import Student

    config = StudentConfig(encoder=str(encoder), max_wordpieces=24, overlap=8, threads=1)
    student = Student.create(relations_task(relations=types), config, seed=1)
    head = student.layers.pair_head
    assert head is not None
    with torch.no_grad():
        student.network.get_parameter("classifier.weight").mul_(40)
        head.output.weight.mul_(20)
        head.output.bias[0] += none_bias
    return student


def related(number: int, per_group: int | None = None) -> list[Document]:
    """Return sentences about people and places; ``per_group`` neighbours share a group."""
    rng, found = np.random.default_rng(1), []
    for i in range(number):
        pattern, kinds, relations = PATTERNS[i % len(PATTERNS)]
        people, places = rng.permutation(NAMES), rng.permutation(PLACES)
        names = [str((people if kind == "P" else places)[n]) for n, kind in enumerate(kinds)]
        text, spans, position = pattern.format(*names), [], 0
        for name, kind in zip(names, kinds, strict=True):
            start = text.index(name, position)
            position = start + len(name)
            spans.append(Span(start, position, "PER" if kind == "P" else "LOC"))
        group = None if per_group is None else f"g{i // per_group}"
        own = tuple(Relation(*relation) for relation in relations)
        annotation = Annotation(spans=tuple(spans), relations=own)
        found.append(Document(f"d{i}", text, group, annotation=annotation))
    return found


def relation_keys(document: Document) -> set[tuple[Any, ...]]:
    """Return the relations of a document with the bounds and labels of their ends."""
    spans = document.annotation.spans or ()
    return {
        (spans[r.head].key, spans[r.tail].key, r.label) for r in document.annotation.relations or ()
    }


def relation_f1(gold: list[Document], predicted: list[Document]) -> float:
    """Return the strict micro F1 of relations."""
    pairs = [(relation_keys(a), relation_keys(b)) for a, b in zip(gold, predicted, strict=True)]
    total = sum(len(a) + len(b) for a, b in pairs)
    return 2 * sum(len(a & b) for a, b in pairs) / total
