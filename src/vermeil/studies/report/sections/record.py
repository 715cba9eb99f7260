"""Record section of the page: data, leaks, settings, counted losses and the list of cells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from vermeil.studies.format import duration, f1, number, regimen_name
from vermeil.studies.statistics.compare import Cell

View = dict[str, Any]


def record_view(results: Mapping[str, Any], cells: Sequence[Cell]) -> View:
    """Return data, leaks, environment, configuration, counted losses and the list of cells.

    Args:
        results: contents of ``results.json``.
        cells: its cells.
    """
    return {
        "corpora": _corpora(results.get("corpora") or {}),
        "leaks": _leaks(results.get("leaks")),
        "environment": list(flattened(results.get("environment") or {})),
        "configuration": list(flattened(results.get("configuration") or {})),
        "counted": _counted_losses(cells),
        "cells": [_cell_row(cell) for cell in cells],
        "has_dev": any(cell.get("dev") for cell in cells),
    }


def flattened(value: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yield the dotted path and the value of every setting."""
    for key, inner in value.items():
        path = f"{prefix}{key}"
        if isinstance(inner, Mapping) and inner:
            yield from flattened(inner, f"{path}.")
        elif isinstance(inner, list | tuple):
            yield path, ", ".join(map(str, inner))
        else:
            yield path, "–" if inner is None else str(inner)


def _corpora(corpora: Mapping[str, Mapping[str, Any]]) -> View | None:
    """Return statistics of the corpora side by side, without those that are empty everywhere."""
    if not corpora:
        return None
    names = list(dict.fromkeys(key for stats in corpora.values() for key in stats))
    rows = [(name, [stats.get(name) for stats in corpora.values()]) for name in names]
    return {
        "columns": list(corpora),
        "rows": [
            {"name": name.replace("_", " "), "cells": [_stat(value) for value in values]}
            for name, values in rows
            if any(values)
        ],
    }


def _stat(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, Mapping) and value.keys() == {"minimum", "median", "maximum"}:
        low, high = _stat(value["minimum"]), _stat(value["maximum"])
        return f"median {_stat(value['median'])}, {low} to {high}"
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_stat(inner)}" for key, inner in value.items()) or "–"
    if isinstance(value, list | tuple):
        return ", ".join(_stat(inner) for inner in value) or "–"
    if isinstance(value, float) and not value.is_integer():
        return f"{value:,.1f}"
    return number(value) if isinstance(value, int | float) else str(value)


def _leaks(leaks: Mapping[str, Any] | None) -> list[View] | None:
    """Return the texts that pairs of splits share; None if leaks were not checked."""
    if leaks is None:
        return None
    views = []
    for pair, report in leaks.items():
        counts = report if isinstance(report, Mapping) else {"exact": report}
        cells = [
            (key, value if isinstance(value, int) else len(value or ()))
            for key, value in counts.items()
            if isinstance(value, int | list | tuple)
        ]
        views.append(
            {
                "pair": " and ".join(str(pair).split("/")),
                "text": ", ".join(f"{number(n)} {key}" for key, n in cells) or "none",
                "any": any(n for _, n in cells),
            }
        )
    return views


def _counted_losses(cells: Sequence[Cell]) -> list[tuple[str, str]]:
    """Return the losses of encoding and scoring by name, as ranges over the cells."""
    values: dict[str, list[float]] = {}
    for cell in cells:
        losses = dict(flattened(cell.get("losses") or {}))
        for score in ("test", "dev"):
            if cell.get(score):
                losses[f"truncated {score} documents"] = str(cell[score].get("truncated", 0))
        for name, value in losses.items():
            if value.lstrip("-").isdigit():
                values.setdefault(name.replace("_", " "), []).append(int(value))
    return [
        (
            name,
            number(low)
            if (low := min(found)) == (high := max(found))
            else f"{number(low)} to {number(high)}",
        )
        for name, found in values.items()
    ]


def _cell_row(cell: Cell) -> View:
    return {
        "name": regimen_name(cell["regimen"]),
        "seed": cell["seed"],
        "budget": cell["budget"],
        "gold": number(cell["gold_documents"]),
        "silver": number(cell["silver_documents"]),
        "steps": number(cell["steps"]),
        "wordpieces": number(cell["wordpieces"]),
        "time": duration(cell["seconds"]),
        "dev": f1(cell["dev"]["overall"]["f1"]) if cell.get("dev") else "–",
        "test": f1(cell["test"]["overall"]["f1"]) if cell.get("test") else "–",
    }
