"""Control characters in text for people."""

from __future__ import annotations

import pytest

from vermeil.data.printable import printable, printable_line


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mOrla\x1b[0m came", "\\x1b[31mOrla\\x1b[0m came"),
        ("\x9b2J\x07\r\x7f", "\\x9b2J\\x07\\x0d\\x7f"),
        ("a\u202eb\u2066c\u200f", "a\\u202eb\\u2066c\\u200f"),
        ("half \ud800 pair", "half \\ud800 pair"),
        ("two\nlines\tÆrø 🦊 東京", "two\nlines\tÆrø 🦊 東京"),
    ],
)
def test_control_characters_become_visible(text, shown):
    assert printable(text) == shown
    assert printable(shown) == shown


def test_one_line_is_shortened():
    assert printable_line("a \n\t b\x00" + "c" * 50, 10) == "a b\\x00cc…"
    assert printable_line("short", 10) == "short"
