"""Constants and escape sequences of WebAnno TSV."""

from __future__ import annotations

import re

HEADER = "#FORMAT=WebAnno TSV 3"
LAYER = "de.tudarmstadt.ukp.dkpro.core.api.ner.type.NamedEntity"
"""INCEpTION's built-in layer for named entities; its feature ``value`` is the label."""
RELATION_LAYER = "webanno.custom.Relation"
"""Layer of the relations in written files; its feature ``label`` is the type."""
NONE = "_"
"""Value of a cell without annotation."""

_ESCAPES = {"t": "\t", "n": "\n", "r": "\r", "f": "\f", "b": "\b"}
_BACK = {character: letter for letter, character in _ESCAPES.items()}
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|->|.)", re.DOTALL)
_RESERVED = re.compile(r"->|[\\\[\]|_;\t\n*]")
_CONTROL = re.compile(r"[\x00-\x0a\x0c-\x1f\\]")


def escape_value(value: str) -> str:
    """Return a feature's value, escaped for a row."""
    return _RESERVED.sub(lambda m: "\\" + _BACK.get(m[0], m[0]), value)


def escape_text(text: str) -> str:
    """Return a line of text, escaped for ``#Text=``."""
    return _CONTROL.sub(lambda m: "\\" + _BACK.get(m[0], m[0]), text)


def unescape(text: str) -> str:
    """Return the original of an escaped value or text."""

    def character(match: re.Match[str]) -> str:
        found = match[1]
        if len(found) == 5:
            return chr(int(found[1:], 16))
        return _ESCAPES.get(found, found)

    return _ESCAPE.sub(character, text)
