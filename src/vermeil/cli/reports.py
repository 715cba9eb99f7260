"""Reports as people read them: whatever a job reports, without knowing the job."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import RenderableType

from vermeil.cli.output import console, scores, table


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
    plain = {k: v for k, v in report.items() if not isinstance(v, Mapping) and _is_short(v)}
    if plain:
        rows = [(key.replace("_", " "), _value(value)) for key, value in plain.items()]
        yield table(title, ("", ""), rows)
    for key, value in report.items():
        if isinstance(value, Mapping) and value:
            yield from _parts(f"{title} {key.replace('_', ' ')}".strip(), value)


def _is_short(value: Any) -> bool:
    return not isinstance(value, list | tuple) or all(isinstance(v, str | int) for v in value)


def _value(value: Any) -> Any:
    if value is None:
        return "–"
    if isinstance(value, list | tuple):
        return ", ".join(str(item) for item in value) or "–"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else value
