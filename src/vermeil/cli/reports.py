"""Reports as people read them: whatever a job reports, without knowing the job."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import RenderableType

from vermeil.cli.output import console, scores, table

SETTINGS = ("blending", "student")
"""Parts of a report that repeat the configuration: for JSON and files, not for the terminal."""


def print_report(report: Mapping[str, Any], title: str = "") -> None:
    """Print a report, as ``as_dict()`` gives it, to standard output."""
    out = console()
    for part in _parts(title, report):
        out.print(part)


def _parts(title: str, report: Mapping[str, Any]) -> Iterator[RenderableType]:
    """Yield scores as a table of scores, other values as a table of names and values."""
    if {"overall", "per_label"} <= report.keys():
        yield scores(title, report)
        return
    plain = [(_words(k), _value(v)) for k, v in report.items() if _is_plain(v)]
    if plain:
        yield table(title, ("", ""), plain)
    for key, value in report.items():
        name = f"{title} {_words(key)}".strip()
        if isinstance(value, Mapping) and key not in SETTINGS:
            yield from _parts(name, value)
        elif isinstance(value, list) and value and isinstance(value[0], Mapping):
            columns = [_words(column) for column in value[0]]
            words = {_words(column) for column, cell in value[0].items() if isinstance(cell, str)}
            yield table(name, columns, [tuple(row.values()) for row in value], words)


def _words(key: str) -> str:
    return key.replace("_", " ")


def _is_plain(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return bool(value) and not isinstance(value[0], Mapping)
    return value is not None and not isinstance(value, Mapping)


def _value(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(str(item) for item in value)
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return f"{value:.4g}" if isinstance(value, float) else str(value)
