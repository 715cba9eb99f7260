"""Reference of the configuration: type, default, meaning and example of every key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import tomlkit
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from vermeil.config.dump import NONE
from vermeil.config.examples import EXAMPLES
from vermeil.config.model import Config
from vermeil.config.problems import unknown_key
from vermeil.corpora.config import CORPUS_NAMES, CorpusConfig
from vermeil.errors import ConfigError, did_you_mean
from vermeil.renamed import new_key

_WORDS: Mapping[Any, str] = {
    bool: "true or false",
    int: "whole number",
    float: "number",
    str: "text",
    Path: "path",
    CorpusConfig: "path, or table",
}
_BOUNDS = {"ge": "at least", "gt": "above", "le": "at most", "lt": "below"}
"""Attribute of a constraint of pydantic to its words."""


@dataclass(frozen=True, slots=True)
class KeyReference:
    """One key of the configuration.

    Args:
        key: dotted path; ``NAME`` stands for a name that the user chooses.
        kind: type in words.
        default: default value as TOML; None if the key is required.
        meaning: description.
        example: a valid value as TOML.
    """

    key: str
    kind: str
    default: str | None
    meaning: str
    example: str

    def as_dict(self) -> dict[str, str | None]:
        """Return the key for JSON."""
        return {
            "key": self.key,
            "type": self.kind,
            "default": self.default,
            "meaning": self.meaning,
            "example": self.example,
        }


def all_keys() -> Iterator[KeyReference]:
    """Yield every key of the configuration, section by section."""
    for name, field in Config.model_fields.items():
        yield from _keys_of(name, _section(field))


def explain(key: str) -> tuple[KeyReference, ...]:
    """Return a key, or all keys of a section.

    Args:
        key: dotted path, e.g. ``teacher.samples``, ``teacher``, ``task.labels.DRUG.aliases``.

    Raises:
        ConfigError: there is no such key.
    """
    if new := new_key(key):
        raise ConfigError(f"{key}: is now {new}")
    parts = _general(key.split("."))
    known = list(all_keys())
    wanted = ".".join(parts)
    found = [one for one in known if one.key == wanted or one.key.startswith(f"{wanted}.")]
    if found:
        return tuple(found)
    if parts[0] not in Config.model_fields:
        raise ConfigError(unknown_key(parts[0], Config))
    hint = did_you_mean(wanted, [one.key for one in known])
    raise ConfigError(
        f"{key}: unknown key{hint or f'; vermeil config explain {parts[0]} lists all'}"
    )


def _general(parts: list[str]) -> list[str]:
    """Return the parts of a key with ``NAME`` in place of chosen names."""
    if parts[0] == "corpora" and len(parts) > 2 and parts[1] in CORPUS_NAMES:
        return ["corpora", "NAME", *parts[2:]]
    for place in _CHOSEN:
        length = len(place)
        if tuple(parts[:length]) == place and len(parts) > length:
            return [*parts[:length], "NAME", *parts[length + 1 :]]
    return parts


_CHOSEN = (("task", "labels"), ("teacher", "prices"), ("tune", "space"))


def _keys_of(path: str, model: type[BaseModel]) -> Iterator[KeyReference]:
    below: list[tuple[str, type[BaseModel]]] = []
    for name, field in model.model_fields.items():
        key = f"{path}.{name}"
        if isinstance(field.default, BaseModel):
            below.append((key, _section(field)))
            continue
        yield _reference(key, field)
        kind = _table_of(field.annotation)
        if kind is CorpusConfig:
            continue
        if kind is not None:
            named = f"{key}.NAME" if get_origin(field.annotation) is dict else key
            below.append((named, kind))
    if path == "corpora":
        below.append(("corpora.NAME", CorpusConfig))
    for key, kind in below:
        yield from _keys_of(key, kind)


def _reference(key: str, field: FieldInfo) -> KeyReference:
    default = None if field.default is PydanticUndefined else _toml(field.default)
    example = EXAMPLES.get(key) or _example(field)
    meaning = " ".join((field.description or "").split())
    return KeyReference(key, _describe(field.annotation, field.metadata), default, meaning, example)


def _section(field: FieldInfo) -> type[BaseModel]:
    kind = field.annotation
    assert isinstance(kind, type)
    assert issubclass(kind, BaseModel)
    return kind


def _table_of(annotation: Any) -> type[BaseModel] | None:
    """Return the section within a list, a table of tables, or an optional section."""
    for kind in (annotation, *get_args(annotation)):
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            return kind
    return None


def _describe(annotation: Any, metadata: list[Any]) -> str:
    """Return a type in words, with its bounds."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is None:
        is_table = isinstance(annotation, type) and issubclass(annotation, BaseModel)
        return _WORDS.get(annotation, "table" if is_table else "any value") + _bounds(metadata)
    if origin is Annotated:
        inner = getattr(arguments[1], "metadata", list(arguments[1:]))
        return _describe(arguments[0], inner)
    if origin in (Union, UnionType):
        kinds = [_describe(one, metadata) for one in arguments if one is not NoneType]
        return ", or ".join([*kinds, *([NONE] if NoneType in arguments else [])])
    return _describe_generic(origin, arguments)


def _describe_generic(origin: Any, arguments: tuple[Any, ...]) -> str:
    """Return a choice, a list or a table in words."""
    if origin is Literal:
        *most, last = map(str, arguments)
        return f"{', '.join(most)} or {last}" if most else last
    if origin is not tuple:
        return "table"
    return f"list of: {_describe(arguments[0], [])}" if arguments[-1] is Ellipsis else "pair"


def _bounds(metadata: list[Any]) -> str:
    bounds = [
        f"{words} {getattr(one, name):g}"
        for one in metadata
        for name, words in _BOUNDS.items()
        if hasattr(one, name)
    ]
    return f", {' and '.join(bounds)}" if bounds else ""


def _example(field: FieldInfo) -> str:
    """Return a valid value that is not the default, where there is one."""
    default = field.default
    choices = get_args(field.annotation) if get_origin(field.annotation) is Literal else ()
    if isinstance(default, bool):
        return _toml(not default)
    if choices:
        return _toml(next(one for one in (*choices, default) if one != default))
    return _toml(default)


def _toml(value: Any) -> str:
    if value is None:
        return f'"{NONE}"'
    plain = [_plain(one) for one in value] if isinstance(value, tuple) else _plain(value)
    return tomlkit.item(plain).as_string() if plain != {} else "{}"


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    return value if isinstance(value, bool | int | float | str | dict) else str(value)
