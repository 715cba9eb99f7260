"""Keys and values of objects that were cut off."""

from __future__ import annotations

import pytest

from vermeil.tasks.ner.formats.lenient_json import BareWord, read_value


@pytest.mark.parametrize(
    ("text", "keys", "items"),
    [
        ('{"a": "x"}', ["a"], ["x"]),
        ('{"a": "x", "b":', ["a", "b"], ["x", BareWord("")]),
        ('{"a": "x", "b"', ["a", "b"], ["x", BareWord("")]),
        ('{"a": "x"', ["a"], ["x"]),
    ],
)
def test_a_key_without_its_value_stays(text: str, keys: list[str], items: list[object]) -> None:
    found, end = read_value(text, 0)
    assert found is not None
    assert (found.keys, found.items, end) == (keys, items, len(text))
