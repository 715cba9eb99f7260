"""The structure that the YAML reader finds in lines, also in badly indented ones."""

from __future__ import annotations

from typing import Any

import pytest

from vermeil.tasks.ner.formats.lenient_json import BareWord, Container
from vermeil.tasks.ner.formats.yaml_reader import read_yaml


def plain(value: Any) -> Any:
    if isinstance(value, Container):
        items = [plain(one) for one in value.items]
        return dict(zip(value.keys, items, strict=True)) if value.is_object else items
    return value.text or None if isinstance(value, BareWord) else value


@pytest.mark.parametrize(
    ("text", "structure"),
    [
        ("- a\n- b", ["a", "b"]),
        ("- a\n  - b", ["a", "b"]),
        ("k:\n- a\n    - b\n- c", {"k": ["a", "b", "c"]}),
        ("-\n  - a\n  - b\n- c", [["a", "b"], "c"]),
        ("- k: 1\n  m: 2\n- k: 3", [{"k": "1", "m": "2"}, {"k": "3"}]),
        ("k:\n  m: 1\n  n: 2\no: 3", {"k": {"m": "1", "n": "2"}, "o": "3"}),
        ("k: 1\n  m: 2", {"k": "1", "m": "2"}),
        ("k:\nm: 2", {"k": None, "m": "2"}),
        ("k:", {"k": None}),
        ("- k:\n- m: ~", [{"k": None}, {"m": None}]),
        ("k: a\n  b\n  c", {"k": "a b c"}),
        ("k: >-\n  a\n  b", {"k": "a b"}),
        ("k: [a, 'b, c']", {"k": ["a", "b, c"]}),
        ("k: {m: a}", {"k": {"m": "a"}}),
        ('k: "a # b" # c', {"k": "a # b"}),
        ("k: 'it''s' # c", {"k": "it's"}),
        ("k: a # b", {"k": "a"}),
        ("1. k: a\n2. k: b", [{"k": "a"}, {"k": "b"}]),
        ("**k:** a\n**m**: b", {"k": "a", "m": "b"}),
        ("---\n# comment\nk: a\n...", {"k": "a"}),
    ],
)
def test_structures(text: str, structure: Any) -> None:
    part = read_yaml(text)
    assert part is not None
    assert plain(part.root) == structure
    assert part.others == []


def test_lines_that_fit_nowhere_are_prose() -> None:
    part = read_yaml("Here it is\n\n- a\n\nGood luck")
    assert part is not None
    assert plain(part.root) == ["a"]
    assert part.others == ["Here it is", "Good luck"]
    nothing = read_yaml("Nothing here")
    assert nothing is not None
    assert nothing.root is None


def test_nesting_has_a_limit() -> None:
    lines = "\n".join("  " * depth + "k:" for depth in range(40))
    assert read_yaml(lines) is None
    assert read_yaml("- " * 40) is None
    assert read_yaml("\n".join("  " * depth + "k:" for depth in range(30))) is not None
