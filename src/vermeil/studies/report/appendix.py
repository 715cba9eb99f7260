"""The page's small multiples, heat tables, and the record of data, settings and losses."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from vermeil.studies.format import ERROR_KINDS, REGIMEN_MEANINGS, duration, f1, number, regimen_name
from vermeil.studies.report import charts
from vermeil.studies.statistics.compare import Cell

View = dict[str, Any]


def panels(regimens: Sequence[str], cells_by_regimen: Mapping[str, list[Cell]], score: str) -> View:
    """Return the per-type bars, schedules and learning curves of one block of the study.

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


def appendix_view(results: Mapping[str, Any], cells: Sequence[Cell]) -> View:
    """Return data, leaks, environment, configuration, counted losses and the list of cells."""
    return {
        "corpora": _corpora(results.get("corpora") or {}),
        "leaks": _leaks(results.get("leaks")),
        "environment": list(flattened(results.get("environment") or {})),
        "configuration": list(flattened(results.get("configuration") or {})),
        "counted": _counted_losses(cells),
        "cells": [_cell_row(cell) for cell in cells],
        "has_dev": any(cell.get("dev") for cell in cells),
    }


def heat_table(confusion: Sequence[Sequence[Any]], labels: Sequence[str]) -> View | None:
    """Return the confusion of gold and predicted labels as a table with shares of each row.

    Args:
        confusion: gold label, predicted label, number; "O" stands for nothing there.
        labels: the labels, in the order of the table.
    """
    found = {(str(gold), str(predicted)): int(n) for gold, predicted, n in confusion}
    if not found:
        return None
    known = [*labels, *sorted({kind for pair in found for kind in pair} - {*labels, "O"})]
    columns = [*known, "O"]
    rows = []
    for gold in columns:
        total = sum(found.get((gold, predicted), 0) for predicted in columns)
        rows.append(
            {
                "label": gold,
                "cells": [
                    _heat_cell(gold, predicted, found.get((gold, predicted), 0), total)
                    for predicted in columns
                ],
            }
        )
    return {"columns": columns, "rows": rows}


def flattened(value: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yield every setting with its dotted path."""
    for key, inner in value.items():
        path = f"{prefix}{key}"
        if isinstance(inner, Mapping) and inner:
            yield from flattened(inner, f"{path}.")
        elif isinstance(inner, list | tuple):
            yield path, ", ".join(map(str, inner))
        else:
            yield path, "–" if inner is None else str(inner)


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
    found = []
    for label in sorted(values, key=lambda name: (-support[name], name)):
        scores = [
            (
                regimen,
                statistics.fmean(per_seed),
                statistics.stdev(per_seed) if len(per_seed) > 1 else None,
            )
            for regimen, per_seed in values[label].items()
        ]
        found.append(
            {
                "label": label,
                "support": number(support[label]),
                "chart": charts.type_chart(label, scores),
            }
        )
    return found


def _confusion(
    regimens: Sequence[str], cells_by_regimen: Mapping[str, list[Cell]], score: str
) -> View | None:
    """Return the confusion of the best regimen, all seeds together."""
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
    """Yield how often each kind of error was made, mean over the seeds; old cells do not know."""
    counted = [(cell.get(score) or {}).get("errors") for cell in members]
    known = [errors for errors in counted if errors]
    if known:
        sums = [
            statistics.fmean(sum(kinds[kind] for kinds in errors.values()) for errors in known)
            for kind in ERROR_KINDS
        ]
        yield {"name": regimen_name(regimen), "cells": [number(value) for value in sums]}


def _schedules(cells_by_regimen: Mapping[str, list[Cell]]) -> list[View]:
    found = []
    for regimen, members in cells_by_regimen.items():
        plan = members[0].get("plan") or {}
        if regimen == "ceiling" or not plan.get("realised"):
            continue
        found.append(
            {
                "name": regimen_name(regimen),
                "meaning": REGIMEN_MEANINGS.get(regimen, ""),
                "spent": _shares_and_exposure(plan, members[0].get("exposure") or {}),
                "chart": charts.schedule_chart(regimen_name(regimen), plan),
            }
        )
    return found


def _shares_and_exposure(plan: Mapping[str, Sequence[float]], exposure: Mapping[str, Any]) -> View:
    """Return the gold share as planned and realised, and how often an example was seen."""
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
    # A few wild first steps must not flatten all the rest.
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


def _heat_cell(gold: str, predicted: str, n: int, total: int) -> View:
    share = n / total if total else 0.0
    # Nobody counts the places where rightly nothing was marked: no shares in that row.
    counted = gold != "O"
    return {
        "n": number(n) if n else "" if predicted == "O" and not counted else "·",
        "share": f"{round(100 * share)} %" if n and counted else "",
        "strength": f"{0.85 * share:.2f}" if counted else "0",
        "kind": "right" if counted and gold == predicted else "wrong" if n else "none",
    }


def _corpora(corpora: Mapping[str, Mapping[str, Any]]) -> View | None:
    """Return the corpora side by side; figures that are nothing in every corpus are left out."""
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
    """Return what two splits share; None where nobody looked."""
    if leaks is None:
        return None
    found = []
    for pair, report in leaks.items():
        counts = report if isinstance(report, Mapping) else {"exact": report}
        cells = [
            (key, value if isinstance(value, int) else len(value or ()))
            for key, value in counts.items()
            if isinstance(value, int | list | tuple)
        ]
        found.append(
            {
                "pair": " and ".join(str(pair).split("/")),
                "text": ", ".join(f"{number(n)} {key}" for key, n in cells) or "none",
                "any": any(n for _, n in cells),
            }
        )
    return found


def _counted_losses(cells: Sequence[Cell]) -> list[tuple[str, str]]:
    """Return what was lost on the way, by name: the range over the cells."""
    values: dict[str, list[float]] = {}
    for cell in cells:
        losses = dict(flattened(cell.get("losses") or {}))
        for score in ("test", "dev"):
            if cell.get(score):
                losses[f"{score} documents not seen whole"] = str(cell[score].get("truncated", 0))
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
