"""Parsing of ``vermeil.toml`` and of the overrides of the command line into plain values."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from vermeil.errors import ConfigError

_LIMIT = 1 << 63
_LONG_NUMBER = re.compile(r"[0-9_]{4300,}")


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file.

    Raises:
        ConfigError: the file does not exist, cannot be read, or is not UTF-8 or not TOML.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise ConfigError(
            f"{path}: no such file; create one with `vermeil init`, or name it with --config"
        ) from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise ConfigError(f"{path}:{line}: not UTF-8; save the file as UTF-8") from None
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(_syntax_problem(path, text, str(error))) from None
    except ValueError:  # an integer of more than 4,300 digits
        found = _LONG_NUMBER.search(text)
        line = text.count("\n", 0, found.start()) + 1 if found else 1
        raise ConfigError(f"{path}:{line}: a number has more than 4,300 digits") from None
    except RecursionError:
        raise ConfigError(f"{path}: is nested too deeply; correct the brackets") from None


def _syntax_problem(path: Path, text: str, message: str) -> str:
    found = re.search(r" \(at line (\d+), column \d+\)$", message)
    if found is None:  # "(at end of document)"
        return f"{path}:{len(text.splitlines()) or 1}: not valid TOML: {message}"
    line = int(found[1])
    shown = text.splitlines()[line - 1].strip() if line <= len(text.splitlines()) else ""
    return f"{path}:{line}: not valid TOML: {message[: found.start()]}: {shown}"


def apply_override(
    raw: dict[str, Any],
    override: str,
    convert: Callable[[list[str], Any], Any] = lambda _, value: value,
) -> list[str]:
    """Set one key in the parsed file and return the problems.

    Args:
        raw: the parsed file; changed in place.
        override: ``section.key=value``.
        convert: called with the parts of the key and the parsed value; returns the value to set.
    """
    key, equals, value = override.partition("=")
    keys = _parse_key(key) if equals else None
    if keys is None:
        return [f"--set {override}: expected SECTION.KEY=VALUE, for example --set run.seed=1"]
    table = raw
    for i, part in enumerate(keys[:-1]):
        below = table.setdefault(part, {})
        if isinstance(below, str) and keys[0] == "corpora" and i == 1:
            below = table[part] = {"path": below}
        if not isinstance(below, dict):
            return [f"--set {override}: {'.'.join(keys[: i + 1])} is a value, not a section"]
        table = below
    table[keys[-1]] = convert(keys, _parse_value(value.strip()))
    return []


def huge_numbers(values: Any, where: str = "") -> Iterator[str]:
    """Yield the problem of each integer that does not fit into 64 bits, as TOML requires.

    Args:
        values: a parsed table.
        where: dotted path of the table.
    """
    items = values.items() if isinstance(values, dict) else enumerate(values)
    for name, value in items:
        path = f"{where}.{name}" if where else str(name)
        if isinstance(value, dict | list):
            yield from huge_numbers(value, path)
        elif isinstance(value, int) and not -_LIMIT <= value < _LIMIT:
            yield f"{path}: expected a number of at most 64 bits, found {str(value)[:20]}…"


def _parse_key(key: str) -> list[str] | None:
    try:
        parsed: Any = tomllib.loads(f"{key} = 0")
    except (ValueError, RecursionError):
        return None
    keys = []
    while isinstance(parsed, dict) and len(parsed) == 1:
        name, parsed = next(iter(parsed.items()))
        keys.append(name)
    return keys if parsed == 0 and len(keys) > 1 else None


def _parse_value(value: str) -> Any:
    try:
        parsed = tomllib.loads(f"value = {value}")
    except (ValueError, RecursionError):
        return value
    return parsed["value"] if len(parsed) == 1 else value
