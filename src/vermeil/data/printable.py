"""Text for people: control characters are shown as escapes, so that they have no effect."""

from __future__ import annotations

import re

_INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff]"
)
"""Control characters except tab and line feed, marks that reorder text, and lone surrogates."""


def printable(text: str) -> str:
    r"""Return the text with control characters as escapes: ``\x1b`` for the escape character.

    Otherwise a text could change the colours, the title or the content of a terminal, or reorder
    the words of a message. Line feeds and tabs stay.
    """
    return _INVISIBLE.sub(_escape, text)


def printable_line(text: str, max_characters: int) -> str:
    """Return the text on one line, with control characters as escapes, shortened with an ellipsis.

    Args:
        text: any text; runs of white space become one space.
        max_characters: maximum number of characters of the result.
    """
    line = printable(" ".join(text.split()))
    return line if len(line) <= max_characters else line[: max_characters - 1] + "…"


def _escape(found: re.Match[str]) -> str:
    code = ord(found.group())
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
