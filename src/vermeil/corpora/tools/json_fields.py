"""Typed access to the JSON of annotation tools; a wrong type is a `DataError`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vermeil.data.records import format_value, is_whole_number
from vermeil.errors import DataError


def text_at(record: Mapping[str, Any], key: str) -> str:
    """Return a required string.

    Raises:
        DataError: it is missing or not a string.
    """
    value = record.get(key)
    if not isinstance(value, str):
        raise wrong_type_error(record, key, "a string")
    return value


def number_at(record: Mapping[str, Any], key: str) -> int:
    """Return a required whole number.

    Raises:
        DataError: it is missing or not a whole number.
    """
    value = record.get(key)
    if not is_whole_number(value):
        raise wrong_type_error(record, key, "a whole number")
    return value


def list_at(record: Mapping[str, Any], key: str) -> list[Any] | None:
    """Return a list, or None if it is absent or null.

    Raises:
        DataError: the value is not a list.
    """
    value = record.get(key)
    if value is None or isinstance(value, list):
        return value
    raise wrong_type_error(record, key, "a list")


def object_at(record: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """Return an object, an empty one if it is absent or null.

    Raises:
        DataError: the value is not an object.
    """
    value = record.get(key)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise wrong_type_error(record, key, "an object")
    return value


def objects_at(record: Mapping[str, Any], key: str) -> list[Mapping[str, Any]] | None:
    """Return a list of objects, or None if it is absent or null.

    Raises:
        DataError: the value is not a list of objects.
    """
    values = list_at(record, key)
    for value in values or ():
        if not isinstance(value, dict):
            raise DataError(f'"{key}" holds {format_value(value)}; expected objects')
    return values


def require_text_key(values: Mapping[str, Any], key: str, place: str) -> str:
    """Return the configured key of the text.

    Args:
        values: the object that holds the text.
        key: the configured key.
        place: name of the object, for the error.

    Raises:
        DataError: there is no string under this key.
    """
    if not isinstance(values.get(key), str):
        strings = [name for name, value in values.items() if isinstance(value, str)]
        found = ", ".join(strings) or "none"
        raise DataError(f'{place} has no string under the text key "{key}"; strings: {found}')
    return key


def optional_id(value: Any) -> str | None:
    """Return an id, which may be a string or a number, or None if there is none."""
    return str(value) if isinstance(value, str | int) and value != "" else None


def wrong_type_error(record: Mapping[str, Any], key: str, expected: str) -> DataError:
    """Return the error about a value that is missing or of the wrong type."""
    if key not in record:
        return DataError(f'"{key}" is missing; expected {expected}')
    return DataError(f'"{key}" is {format_value(record[key])}; expected {expected}')
