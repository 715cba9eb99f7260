"""Lists among the overrides of the command line, also as a shell without quotes passes them."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from typing import Any, get_args, get_origin

from pydantic import BaseModel

from vermeil.config.model import Config
from vermeil.config.problems import model_in


def as_list(keys: Sequence[str], value: Any) -> Any:
    """Return the value of an override; where the key holds a list only, as a list.

    bash removes the quotes of ``--set pilot.demonstrations=["none"]``. The remaining ``[none]`` is
    a list of words. A single value is a list of one.

    Args:
        keys: the parts of the dotted key.
        value: the parsed value; a string if it is not valid TOML.
    """
    kinds = _kinds(keys)
    if not any(get_origin(kind) is tuple for kind in kinds) or isinstance(value, list | dict):
        return value
    if isinstance(value, str) and value.startswith("[") and value.endswith("]"):
        return [_item(part.strip()) for part in value[1:-1].split(",") if part.strip()]
    others = [kind for kind in kinds if get_origin(kind) is not tuple]
    return value if others else [value]


def _kinds(keys: Sequence[str]) -> tuple[Any, ...]:
    """Return the types that a key accepts; empty if there is no such key."""
    model: type[BaseModel] = Config
    for i, part in enumerate(keys):
        field = model.model_fields.get(part)
        if field is None:
            return ()
        kind = field.annotation
        if i == len(keys) - 1:
            return get_args(kind) if get_origin(kind) not in (tuple, None) else (kind,)
        below = model_in(field)
        if below is None:
            return ()
        model = below
    return ()


def _item(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except ValueError:
        return text
