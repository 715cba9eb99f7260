"""Escapes for text of documents, replies and file names in terminals, JSON lines and Markdown."""

from __future__ import annotations

import re

_INVISIBLE = "\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff"
"""Control characters C0 (without tab and line feed) and C1, bidirectional embeddings, overrides and
isolates, and halves of surrogate pairs, which no output encodes."""

_CONTROL = re.compile(f"[{_INVISIBLE}]")
_CONTROL_OR_BREAK = re.compile(f"[{_INVISIBLE}\t\n\u2028\u2029]")
_SHORT = {"\t": "\\t", "\n": "\\n", "\r": "\\r"}

_TAG = re.compile(r"<(?=[A-Za-z/!?])|(?<=[\w\"'/-])>")
_ENTITY = re.compile(r"&(?=#?\w+;)")
_EMPHASIS = re.compile(r"(?<![^\W_])_|_(?![^\W_])")
"""Underscores that are not between two letters or digits: the others mark no emphasis."""
_SPECIAL = re.compile(r"[\\`*~]|\](?=[(\[:])")
_BLOCK = re.compile(r"^(\s*\d*)([#>+.)-]+)(?=\s)")


def visible(text: str) -> str:
    r"""Return text with its control characters as escapes such as ``\x1b``.

    Tabs and line feeds stay. A terminal obeys none of what is returned.
    """
    return _CONTROL.sub(_escape, text)


def visible_line(text: str) -> str:
    r"""Return text as one line: as `visible`, with tabs and line breaks as escapes, too."""
    return _CONTROL_OR_BREAK.sub(_escape, text)


def short_line(text: str, max_characters: int) -> str:
    """Return text on one line with control characters as escapes, shortened with an ellipsis.

    Args:
        text: any text; runs of white space become one space.
        max_characters: maximum number of characters of the result.
    """
    line = visible(" ".join(text.split()))
    return line if len(line) <= max_characters else line[: max_characters - 1] + "…"


def visible_json(text: str) -> str:
    r"""Return JSON with the control characters in its strings as ``\u009b``: the same value."""
    return _CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def escape_markdown(text: str) -> str:
    """Return text that Markdown shows unchanged: one line without HTML, emphasis or links.

    A vertical bar is escaped, too, so that the text can stand in a table.
    """
    text = _CONTROL.sub(_escape, re.sub(r"[\t\n\r\u2028\u2029]+", " ", text))
    text = _SPECIAL.sub(r"\\\g<0>", text).replace("|", "\\|")
    text = _BLOCK.sub(r"\1\\\2", _EMPHASIS.sub(r"\_", text))
    return _TAG.sub(_entity, _ENTITY.sub("&amp;", text))


def markdown_code(name: str) -> str:
    """Return a name as Markdown code; escape it if it is not made of letters, digits and -_. only.

    Code in Markdown knows no escapes.
    """
    return f"`{name}`" if re.fullmatch(r"[\w.-]+", name) else escape_markdown(name)


def _escape(found: re.Match[str]) -> str:
    number = ord(found[0])
    return _SHORT.get(found[0]) or (f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}")


def _entity(found: re.Match[str]) -> str:
    return "&lt;" if found[0] == "<" else "&gt;"
