"""Export of the configuration as TOML."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tomlkit
from pydantic import BaseModel

NONE = "none"
"""Value of an optional key without a value; TOML has no null."""


def dump_config(config: BaseModel) -> str:
    """Return the configuration as TOML, which `load_config` reads as the same configuration."""
    document = tomlkit.document()
    document.add(tomlkit.comment("The resolved configuration: every value, every path absolute."))
    for name in type(config).model_fields:
        document[name] = _plain(getattr(config, name))
    return tomlkit.dumps(document)


def dump_changes(config: BaseModel) -> str:
    """Return the values that differ from the defaults as TOML.

    Args:
        config: the whole configuration; a file's relative paths are absolute in it.
    """
    document = tomlkit.document()
    for name in type(config).model_fields:
        section = getattr(config, name)
        changed = _changes(section, section.model_dump(exclude_defaults=True))
        if changed:
            document[name] = changed
    return tomlkit.dumps(document)


def _changes(section: BaseModel, kept: Mapping[str, Any]) -> dict[str, Any]:
    """Return the TOML values of the keys in ``kept``, also of the sections below."""
    plain: dict[str, Any] = {}
    for name, below in kept.items():
        value = getattr(section, name)
        if isinstance(value, BaseModel) and isinstance(below, Mapping):
            plain[name] = _changes(value, below)
        else:
            plain[name] = NONE if value is None else _plain_value(value)
    return plain


def _plain(section: BaseModel) -> dict[str, Any]:
    """Return the section as TOML values; None becomes ``"none"``, or is omitted as a default."""
    plain: dict[str, Any] = {}
    for name, field in type(section).model_fields.items():
        value = getattr(section, name)
        if value is None:
            if field.is_required() or field.default is not None:
                plain[name] = NONE
        else:
            plain[name] = _plain_value(value)
    return plain


def _plain_value(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return _plain(value)
    if isinstance(value, Mapping):
        return {key: _plain_value(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return [_plain_value(item) for item in value]
    return str(value) if isinstance(value, Path) else value
