"""Problems of a section in words: key, expected value, found value."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from vermeil.errors import did_you_mean
from vermeil.renamed import new_key

_EXPECTED = {
    "model_type": "a section",
    "model_attributes_type": "a section",
    "path_type": "a path",
    "tuple_type": "a list",
}
"""Type of a pydantic error to the expected value, where pydantic's message is unclear."""


def describe_errors(section: str, model: type[BaseModel], error: ValidationError) -> list[str]:
    """Return every problem of a section, each with the dotted path of its key.

    Args:
        section: name of the section.
        model: its type.
        error: the error of its validation.
    """
    return [_describe(section, model, one) for one in _independent(error)]


def unknown_key(where: str, model: type[BaseModel]) -> str:
    """Return the problem of an unknown key, with a similar or the new name of the key.

    Args:
        where: dotted path of the key.
        model: the section that lacks it.
    """
    if new := new_key(where):
        return f"{where}: is now {new}; rename it"
    known = list(model.model_fields)
    hint = did_you_mean(where.rpartition(".")[2], known)
    return f"{where}: unknown key{hint or '; known: ' + ', '.join(known)}"


def _independent(error: ValidationError) -> Iterator[ErrorDetails]:
    """Yield the errors, except "too short" of a list whose items are invalid."""
    errors = error.errors()
    for one in errors:
        below = any(e is not one and e["loc"][: len(one["loc"])] == one["loc"] for e in errors)
        if not (one["type"] == "too_short" and below):
            yield one


def _describe(section: str, model: type[BaseModel], error: ErrorDetails) -> str:
    """Return one of pydantic's errors in words: key, expected value, found value."""
    where = ".".join((section, *(str(part) for part in error["loc"])))
    if error["type"] == "extra_forbidden":
        return unknown_key(where, _owner(model, error["loc"]))
    if error["type"] == "missing":
        return f"{where}: missing"
    if error["type"] == "too_short":
        number = error["ctx"]["min_length"]
        return (
            f"{where}: expected at least {number} {'item' if number == 1 else 'items'}, found none"
        )
    expected = _expected(error)
    if expected is None:
        return f"{where}: {error['msg'][0].lower()}{error['msg'][1:]}"
    return f"{where}: expected {expected}, found {_shorten(error['input'])}{_hint(error)}"


def _expected(error: ErrorDetails) -> str | None:
    """Return the expected value, in words that follow "expected"; None if it is not known."""
    if error["type"] in _EXPECTED:
        return _EXPECTED[error["type"]]
    message = error["msg"].removeprefix("Value error, ")
    expected = message.removeprefix("Input should be ").split(", unable to")[0]
    return None if expected == error["msg"] else expected


def _hint(error: ErrorDetails) -> str:
    if error["type"] != "literal_error":
        return ""
    return did_you_mean(str(error["input"]), re.findall(r"'([^']*)'", error["msg"]))


def _shorten(value: Any) -> str:
    shown = json.dumps(value, ensure_ascii=False, default=str)
    return shown if len(shown) <= 60 else shown[:57] + "…"


def _owner(model: type[BaseModel], loc: tuple[int | str, ...]) -> type[BaseModel]:
    """Return the section that has the last part of ``loc`` as a key."""
    for part in loc[:-1]:
        field = model.model_fields.get(str(part))
        if field is None:
            continue  # the key of a dict of sections, for example the name of a label
        below = model_in(field)
        model = below or next(
            kind for kind in get_args(field.annotation) if issubclass(kind, BaseModel)
        )
    return model


def model_in(field: FieldInfo) -> type[BaseModel] | None:
    """Return the section that is the type of a field; None if it has another type."""
    for kind in (field.annotation, *get_args(field.annotation)):
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            return kind
    return None
