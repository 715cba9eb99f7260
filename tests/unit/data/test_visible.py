"""Text of others in terminals, JSON lines and Markdown."""

from __future__ import annotations

import json

import pytest

from vermeil.data.visible import (
    escape_markdown,
    markdown_code,
    short_line,
    visible,
    visible_json,
    visible_line,
)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b]0;title\x07", r"\x1b]0;title\x07"),
        ("\x1b[2J", r"\x1b[2J"),
        ("\x9b31m", r"\x9b31m"),
        ("a\rb\x08\x7f\0", r"a\rb\x08\x7f\x00"),
        ("\u202eevil\u202c", r"\u202eevil\u202c"),
        ("\u2066x\u2069", r"\u2066x\u2069"),
        ("half \ud800", r"half \ud800"),
        ("Ünïcödé 株式 שלום \u200f👩\u200d👩", "Ünïcödé 株式 שלום \u200f👩\u200d👩"),
        ("a\tb\nc", "a\tb\nc"),
    ],
)
def test_control_characters_become_escapes(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_every_control_character_is_escaped_and_every_letter_stays() -> None:
    for number in [*range(0x20), *range(0x7F, 0xA0)]:
        character = chr(number)
        assert visible_line(character).startswith("\\"), hex(number)
        assert (visible(character) == character) == (character in "\t\n")
    printable = "".join(map(chr, [*range(0x20, 0x7F), *range(0xA0, 0x200)]))
    assert visible_line(printable) == printable


def test_a_line_has_no_line_breaks() -> None:
    assert visible_line("a\nb\tc\u2028d\r\x85") == r"a\nb\tc\u2028d\r\x85"


def test_json_keeps_its_value() -> None:
    value = {"text": "\x1b[2J \x9b31m \x7f \u202e \ud800 é", "\x85": [1]}
    line = json.dumps(value, ensure_ascii=False)
    assert json.loads(visible_json(line)) == value
    assert visible_json(line).isprintable()
    assert "é" in visible_json(line)


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ("<!-- x -->", "&lt;!-- x --&gt;"),
        ('<a href="x">', '&lt;a href="x"&gt;'),
        ("p < .001 and a > b", "p < .001 and a > b"),
        ("&lt; &#60; AT&T", "&amp;lt; &amp;#60; AT&T"),
        ("*bold* `code` ~~x~~ a\\b", r"\*bold\* \`code\` \~\~x\~\~ a\\b"),
        ("_em_ __b__ simple_mix", r"\_em\_ \_\_b\_\_ simple_mix"),
        ("[click](http://x) ![i](y) [a][b]", r"[click\](http://x) ![i\](y) [a\][b]"),
        ("[+1.0, +2.0]", "[+1.0, +2.0]"),
        ("a | b\nc\r\nd", r"a \| b c d"),
        ("# title", r"\# title"),
        ("- item", r"\- item"),
        ("1. item", r"1\. item"),
        ("+2.1 points", "+2.1 points"),
        ("## x", r"\## x"),
        ("\x1b[2J", r"\\x1b[2J"),
    ],
)
def test_markdown_shows_text_unchanged(text: str, escaped: str) -> None:
    assert escape_markdown(text) == escaped


def test_only_plain_names_are_code() -> None:
    assert markdown_code("blending.budget_1") == "`blending.budget_1`"
    assert markdown_code("a`<b>") == r"a\`&lt;b&gt;"


def test_a_long_line_is_shortened() -> None:
    assert short_line("a \n\t b\x00" + "c" * 50, 10) == "a b\\x00cc…"
    assert short_line("short", 10) == "short"
