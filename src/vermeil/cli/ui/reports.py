"""Printer of job reports on the terminal, independent of the job."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from rich.console import RenderableType
from rich.text import Text

from vermeil.cli.ui.output import console, scores, table
from vermeil.cli.ui.refine_report import selection_parts, silver_gain_parts

Report = Mapping[str, Any]

HIDDEN = ("blending", "student", "warnings")
"""Parts of a report that are not in its tables: they repeat the configuration, or are printed to
standard error."""

PARTS: dict[str, Callable[[Report], Iterator[RenderableType]]] = {
    "silver_gain": silver_gain_parts,
    "refinement": selection_parts,
}
"""Parts of a report that have a printer of their own, by key."""


def print_report(report: Report, title: str = "") -> None:
    """Print a report, as ``as_dict()`` gives it, to standard output."""
    out, hidden = console(), (*HIDDEN, *PARTS)
    shown = {key: value for key, value in report.items() if key not in hidden}
    for part in _parts(title, shown):
        out.print(part)
    for key, show in PARTS.items():
        if key in report:
            out.print(Text(_name(title, key), style="bold"))
            for part in show(report[key]):
                out.print(part)


def _parts(title: str, report: Report) -> Iterator[RenderableType]:
    """Yield scores as a table of scores, other values as a table of names and values.

    Beside scores, only single values are shown; errors, intervals and other details are in JSON
    and in ``vermeil evaluate``.
    """
    is_scored = _has_scores(report)
    if is_scored:
        yield scores(title, report)
    plain = {
        _words(key): value
        for key, value in report.items()
        if _is_plain(value) and not (is_scored and isinstance(value, list | tuple))
    }
    if plain:
        yield _values("" if is_scored else title, plain)
    if is_scored:
        return
    for key, value in report.items():
        if isinstance(value, Mapping):
            yield from _parts(_name(title, key), value)
        elif isinstance(value, list | tuple) and value and isinstance(value[0], Mapping):
            yield _rows(_name(title, key), value)


def _has_scores(report: Report) -> bool:
    """Return whether a report is of the shape of ``Counts.as_dict()``."""
    return all(isinstance(report.get(key), Mapping) for key in ("overall", "per_label"))


def _values(title: str, values: Report) -> RenderableType:
    """Return a table of names and values, both at the left: a long value moves no other."""
    rows = [(name, _value(value)) for name, value in values.items()]
    return table(title, ("", ""), rows, ("",))


def _rows(title: str, records: Sequence[Report]) -> RenderableType:
    """Return a table of records, which may have different keys."""
    keys = list(dict.fromkeys(key for record in records for key in record))
    words = {_words(k) for k in keys if any(isinstance(one.get(k), str) for one in records)}
    rows = [tuple(record.get(key) for key in keys) for record in records]
    return table(title, [_words(key) for key in keys], rows, words)


def _name(title: str, key: str) -> str:
    return f"{title} {_words(key)}".strip()


def _words(key: str) -> str:
    return key.replace("_", " ")


def _is_plain(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return bool(value) and not isinstance(value[0], Mapping)
    return value is not None and not isinstance(value, Mapping)


def _value(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(_value(item) for item in value)
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return f"{value:.4g}" if isinstance(value, float) else str(value)
