"""Terminal output: reports to standard output, everything else to standard error."""

from __future__ import annotations

import json
import sys
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.text import Text

from vermeil.cli.ui.tables import FittingTable
from vermeil.data.visible import visible, visible_json, visible_line
from vermeil.terminal import make_console


def print_json(value: Any) -> None:
    """Write ``value`` as indented JSON to standard output."""
    print_json_line(json.dumps(value, ensure_ascii=False, indent=2))


def print_json_line(line: str) -> None:
    """Write JSON and a line feed to standard output; control characters in it are escaped."""
    sys.stdout.write(visible_json(line) + "\n")


def print_line(text: str) -> None:
    """Write a line to standard output; control characters in it are escaped."""
    print(visible(text))


def print_status(message: str) -> None:
    """Write a line to standard error; control characters in it are escaped."""
    print(visible(message), file=sys.stderr, flush=True)


def print_error(title: str, text: str) -> None:
    """Write an error to standard error; on a terminal in colour, with line breaks between words."""
    if sys.stderr.isatty():
        make_console(stderr=True).print(
            Text(title, "bold red").append(text, style="not bold default")
        )
    else:
        print_status(title + text)


def console() -> Console:
    """Return a console on standard output; without a terminal it is plain and does not wrap."""
    return make_console(width=None if sys.stdout.isatty() else 200)


def titled(title: str, body: RenderableType) -> RenderableType:
    """Return a body under a title, which may be wider than the body."""
    return Group(Text(visible_line(title), style="bold"), body) if title else body


def table(
    title: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[object]],
    words: Collection[str] = (),
) -> RenderableType:
    """Return a table; its first column and those in ``words`` are text, the others numbers.

    A table that is wider than the terminal is split into tables that fit.
    """
    cells = [[_cell(value) for value in row] for row in rows]
    return titled(title, FittingTable(columns, cells, words))


SCORES = ("precision", "recall", "f1", "support")
"""Columns of the table of scores, as keys of ``MatchCounts.as_dict()``."""


def scores(title: str, counts: Mapping[str, Any]) -> RenderableType:
    """Return precision, recall, F1 and support as a table.

    Args:
        title: title above the table.
        counts: ``overall`` and ``per_label``, ``span_only`` where boundaries were scored, and
            ``parts`` of tasks with several scores, as in ``Counts.as_dict()``; a score that is
            absent or None is shown as a dash.
    """
    rows = [(label, *_scores(values)) for label, values in counts["per_label"].items()]
    rows.append(("overall", *_scores(counts["overall"])))
    if counts.get("span_only") is not None:
        rows.append(("boundaries only", *_scores(counts["span_only"])))
    parts = {name: part for name, part in counts.get("parts", {}).items() if name != "boundaries"}
    rows += [(f"{name} only", *_scores(part["overall"])) for name, part in parts.items()]
    return table(title, ("label", "precision", "recall", "F1", "support"), rows)


def _scores(values: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(values.get(key) for key in SCORES)


def _cell(value: object) -> str:
    if value is None:
        return "–"
    return f"{value:.3f}" if isinstance(value, float) else str(value)
