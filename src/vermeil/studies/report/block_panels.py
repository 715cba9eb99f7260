"""Small multiples of one block: types, errors, confusion, schedules and learning curves."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from vermeil.studies.format import ERROR_KINDS, REGIMEN_MEANINGS, number, regimen_name
from vermeil.studies.report import charts
from vermeil.studies.report.heat_table import heat_table
from vermeil.studies.statistics.compare import Cell

View = dict[str, Any]


def block_panels(
    regimens: Sequence[str], cells_by_regimen: Mapping[str, list[Cell]], score: str
) -> View:
    """Return bars per type, errors, confusion, schedules and learning curves of one block.

    Args:
        regimens: the scored regimens, best first.
        cells_by_regimen: the block's cells by regimen, in the order of the configuration.
        score: ``test`` or ``dev``.
    """
    return {
        "types": _types(regimens, cells_by_regimen, score),
        "errors": [
            row for name in regimens for row in _errors(name, cells_by_regimen.get(name, ()), score)
        ],
        "confusion": _confusion(regimens, cells_by_regimen, score),
        "schedules": _schedules(cells_by_regimen),
        "losses": _curves(cells_by_regimen, "curve", "loss", "loss"),
        "dev_curves": _curves(cells_by_regimen, "dev_curve", "f1", "dev F1"),
    }


def _types(
    regimens: Sequence[str], cells_by_regimen: Mapping[str, list[Cell]], score: str
) -> list[View]:
    values: dict[str, dict[str, list[float]]] = {}
    support: dict[str, int] = {}
    for regimen in regimens:
        for cell in cells_by_regimen.get(regimen, ()):
            for label, tally in ((cell.get(score) or {}).get("per_label") or {}).items():
                values.setdefault(label, {}).setdefault(regimen, []).append(float(tally["f1"]))
                support[label] = max(support.get(label, 0), int(tally["support"]))
    types = []
    for label in sorted(values, key=lambda name: (-support[name], name)):
        scores = [
            (
                regimen,
                statistics.fmean(per_seed),
                statistics.stdev(per_seed) if len(per_seed) > 1 else None,
            )
            for regimen, per_seed in values[label].items()
        ]
        types.append(
            {
                "label": label,
                "support": number(support[label]),
                "chart": charts.type_chart(label, scores),
            }
        )
    return types


def _confusion(
    regimens: Sequence[str], cells_by_regimen: Mapping[str, list[Cell]], score: str
) -> View | None:
    """Return the confusion of the best regimen, summed over its seeds."""
    best = next((name for name in regimens if name != "ceiling"), None)
    if best is None:
        return None
    sums: dict[tuple[str, str], int] = {}
    labels: dict[str, None] = {}
    for cell in cells_by_regimen.get(best, ()):
        counts = cell.get(score) or {}
        labels |= dict.fromkeys(counts.get("per_label") or ())
        for gold, predicted, n in counts.get("confusion") or ():
            sums[gold, predicted] = sums.get((gold, predicted), 0) + n
    table = heat_table([(*pair, n) for pair, n in sums.items()], list(labels))
    return None if table is None else {"name": regimen_name(best), "table": table}


def _errors(regimen: str, members: Sequence[Cell], score: str) -> Iterator[View]:
    """Yield the mean number of errors of each kind; nothing for old cells without errors."""
    counted = [(cell.get(score) or {}).get("errors") for cell in members]
    known = [errors for errors in counted if errors]
    if known:
        sums = [
            statistics.fmean(sum(kinds[kind] for kinds in errors.values()) for errors in known)
            for kind in ERROR_KINDS
        ]
        yield {"name": regimen_name(regimen), "cells": [number(value) for value in sums]}


def _schedules(cells_by_regimen: Mapping[str, list[Cell]]) -> list[View]:
    schedules = []
    for regimen, members in cells_by_regimen.items():
        plan = members[0].get("plan") or {}
        if regimen == "ceiling" or not plan.get("realised"):
            continue
        schedules.append(
            {
                "name": regimen_name(regimen),
                "meaning": REGIMEN_MEANINGS.get(regimen, ""),
                "spent": _shares_and_exposure(plan, members[0].get("exposure") or {}),
                "chart": charts.schedule_chart(regimen_name(regimen), plan),
            }
        )
    return schedules


def _shares_and_exposure(plan: Mapping[str, Sequence[float]], exposure: Mapping[str, Any]) -> View:
    """Return the gold share as planned and realised, and the passes over an example."""
    planned, realised = (
        f"{100 * statistics.fmean(plan[key]):.1f}" for key in ("planned", "realised")
    )
    return {
        "planned": f"{planned}\N{NO-BREAK SPACE}%",
        "realised": f"{realised}\N{NO-BREAK SPACE}%",
        "gold": _times_seen(exposure.get("gold")),
        "silver": _times_seen(exposure.get("silver")),
    }


def _times_seen(seen: Mapping[str, Any] | None) -> str:
    if not seen:
        return "–"
    low, high = seen["least"], seen["most"]
    times = f"{low}" if low == high else f"{low} to {high}"
    return f"{times}\N{NO-BREAK SPACE}×" if high else "never"


def _curves(
    cells_by_regimen: Mapping[str, list[Cell]], key: str, value: str, unit: str
) -> list[View]:
    lines: dict[str, list[tuple[list[float], list[float]]]] = {}
    for regimen, members in cells_by_regimen.items():
        for cell in members:
            record = cell.get(key) or ()
            if record:
                one = ([r["step"] for r in record], [r[value] for r in record])
                lines.setdefault(regimen, []).append(one)
    if not lines:
        return []
    every = [v for of_regimen in lines.values() for _, values in of_regimen for v in values]
    longest = max(s for of_regimen in lines.values() for steps, _ in of_regimen for s in steps)
    # The quantile keeps the scale readable when the first steps have extreme values.
    extent = {
        "steps": longest,
        "low": min(0.0, *every) if unit == "loss" else min(every),
        "high": sorted(every)[int(0.99 * (len(every) - 1))],
    }
    return [
        {
            "name": regimen_name(regimen),
            "chart": charts.curve_chart(regimen_name(regimen), of_regimen, extent, unit),
        }
        for regimen, of_regimen in lines.items()
    ]
