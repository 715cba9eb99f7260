"""Parentheses at the end of lines, and statements without entities."""

from __future__ import annotations

import pytest

from vermeil.tasks.config import TaskConfig
from vermeil.tasks.labels import LabelSet
from vermeil.tasks.ner.formats.prose import has_prose, last_parenthesis, without_number

LABELS = LabelSet.from_config(TaskConfig(labels={"PER": {}, "LOC": {}}))


@pytest.mark.parametrize(
    ("line", "parts"),
    [
        ("Ann Lee (PER).", ("Ann Lee", "PER")),
        ("Ann (the pilot) (PER)", ("Ann (the pilot)", "PER")),
        ("Ann (PER (a pilot))", ("Ann", "PER (a pilot)")),
        ("Ann (**PER**);", ("Ann", "PER")),
        ("Ann)) (PER)", ("Ann))", "PER")),
        ("Ann ((PER)", ("Ann (", "PER")),
        ("Ann Lee", ("Ann Lee", "")),
        ("Ann (PER) left", ("Ann (PER) left", "")),
        ("1) not an entity)", ("1) not an entity)", "")),
        (")", (")", "")),
        ("(PER)", ("", "PER")),
        ("", ("", "")),
    ],
)
def test_the_last_parenthesis_of_a_line(line: str, parts: tuple[str, str]) -> None:
    assert last_parenthesis(line) == parts


@pytest.mark.parametrize(
    ("line", "prose"),
    [
        ("Persons:", False),
        ("There are no entities.", False),
        ("saw (not an entity)", False),
        ("saw (a verb)", True),
        ("not an entity)", True),
        ("No entities of type PER.", True),
        ("I am not sure.", True),
    ],
)
def test_prose_is_neither_heading_nor_a_statement_without_entities(line: str, prose: bool) -> None:
    assert has_prose([line], LABELS) is prose
    assert has_prose(["Persons:", line], LABELS) is prose


@pytest.mark.parametrize(
    ("line", "rest"), [("- a", "a"), ("12. a", "a"), ("* a", "a"), ("a - b", "a - b"), ("", "")]
)
def test_numbers_and_bullets_of_lists(line: str, rest: str) -> None:
    assert without_number(line) == rest
