"""Grammar of a reply: what it has of a schema, and what it cannot describe."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from vermeil.tasks import make_task
from vermeil.tasks.config import TaskConfig
from vermeil.teacher.backends.grammar import grammar_of


def root_of(schema: Mapping[str, Any]) -> str:
    return grammar_of(schema).splitlines()[0]


def test_answer_of_entities_has_the_separators_of_the_demonstrations() -> None:
    task = make_task(TaskConfig.model_validate({"labels": {"PER": {}, "LOC": {}}}))
    schema = task.schema("standard")
    assert schema is not None
    item = r'"{" "\"text\": " string ", " "\"label\": " ("\"PER\"" | "\"LOC\"") "}"'
    assert (
        root_of(schema) == rf'root ::= "{{" "\"entities\": " "[" ({item} (", " {item})*)? "]" "}}"'
    )


def test_answer_of_a_class_is_one_of_the_labels() -> None:
    labels: dict[str, Any] = {"sport": {}, "trade": {}}
    task = make_task(TaskConfig.model_validate({"name": "classification", "labels": labels}))
    schema = task.schema("standard")
    assert schema is not None
    assert root_of(schema) == r'root ::= "{" "\"label\": " ("\"sport\"" | "\"trade\"") "}"'


@pytest.mark.parametrize(
    ("label", "literal"),
    [
        ('a"b', r'"\"a\\\"b\""'),
        ("a\\b", r'"\"a\\\\b\""'),
        ("größe", r'"\"größe\""'),
        ("a\nb", r'"\"a\\nb\""'),
    ],
)
def test_characters_of_a_label_are_escaped_twice(label: str, literal: str) -> None:
    assert root_of({"enum": [label]}) == f"root ::= ({literal})"


@pytest.mark.parametrize("kind", ["string", "integer", "boolean", "null"])
def test_every_rule_that_is_named_is_there(kind: str) -> None:
    assert f"\n{kind} ::= " in grammar_of({"type": kind})


@pytest.mark.parametrize("schema", [{}, {"type": "object"}, {"type": "array"}, {"anyOf": []}])
def test_other_schemas_are_an_error(schema: Mapping[str, Any]) -> None:
    with pytest.raises(ValueError, match="no grammar"):
        grammar_of(schema)
