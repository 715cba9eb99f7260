"""Grammar of a reply in GBNF, the notation of llama.cpp: JSON without free white space.

Servers of the llama.cpp family convert a JSON schema to a grammar that leaves white space free.
Small models then fill replies with line breaks and spaces. This grammar has the separators of
``json.dumps``, which demonstrations have, too.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

_CHARACTER = r'[^"\\\x00-\x1F\x7F]'
_ESCAPE = r'"\\" (["\\/bfnrt] | "u" [0-9a-fA-F]{4})'
_TERMINALS = {
    "string": rf'"\"" ({_CHARACTER} | {_ESCAPE})* "\""',
    "integer": '"-"? ("0" | [1-9] [0-9]{0,8})',
    "boolean": '"true" | "false"',
    "null": '"null"',
}
"""Rules of JSON values without parts, by the type of a schema."""


def grammar_of(schema: Mapping[str, Any]) -> str:
    """Return the grammar of the JSON values that a schema describes, on one line each.

    Args:
        schema: objects with fixed properties, arrays, enumerations, strings, integers, booleans and
            null.

    Raises:
        ValueError: the schema has another construct.
    """
    rules = {name: f"{name} ::= {rule}" for name, rule in _TERMINALS.items()}
    return "\n".join([f"root ::= {_expression(schema)}", *rules.values()])


def _expression(schema: Mapping[str, Any]) -> str:
    if "enum" in schema:
        values = (_literal(json.dumps(value, ensure_ascii=False)) for value in schema["enum"])
        return f"({' | '.join(values)})"
    kind = schema.get("type")
    if kind == "object" and "properties" in schema:
        return _object(schema["properties"])
    if kind == "array" and "items" in schema:
        item = _expression(schema["items"])
        return f'"[" ({item} (", " {item})*)? "]"'
    if kind in _TERMINALS:
        return str(kind)
    raise ValueError(f"no grammar for a schema of type {kind!r}")


def _object(properties: Mapping[str, Any]) -> str:
    """Return the rule of an object with exactly these properties, in this order."""
    members = [
        f"{_literal(json.dumps(name, ensure_ascii=False) + ': ')} {_expression(schema)}"
        for name, schema in properties.items()
    ]
    return " ".join(['"{"', ' ", " '.join(members), '"}"'])


def _literal(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
