"""Teacher against gold as a section of the page: scores, errors, replies, hard documents."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from vermeil.studies.format import ERROR_KINDS, f1, number, plural
from vermeil.studies.report.heat_table import heat_table

Row = Mapping[str, Any]
View = dict[str, Any]

USABLE = ("done", "empty")
"""States of requests with a usable reply."""
HARD_DOCUMENTS_SHOWN = 5
"""Number of hard documents on the page."""


def teacher_view(row: Row) -> View:
    """Return the view of one prompt.

    Args:
        row: ``prompt`` and ``counts`` (`Counts.as_dict`, or `Appraisal.as_dict` with intervals and
            hard documents). Optional: ``states`` and ``mentions`` of ``vermeil locate``,
            ``interval`` and ``confusion``.
    """
    counts = row["counts"]
    confusion = row.get("confusion") or counts.get("confusion") or ()
    interval = interval_of(row)
    return {
        "prompt": _readable(row["prompt"]),
        "documents": plural(counts["documents"], "document"),
        "interval": _range(interval),
        "scores": list(_scores(row, interval)),
        "has_intervals": bool(counts.get("intervals")),
        "confusion": heat_table(confusion, list(counts["per_label"])),
        "errors": list(_errors(counts)),
        "views": [(name, f1(view["f1"])) for name, view in (counts.get("views") or {}).items()],
        "replies": _replies(row.get("states") or {}),
        "mentions": _mentions(row.get("mentions") or {}),
        "hardest": [
            _hard_document(one) for one in (counts.get("hardest") or ())[:HARD_DOCUMENTS_SHOWN]
        ],
    }


def agreement_sentences(agreements: Sequence[Row]) -> list[str]:
    """Return the agreement of each pair of prompts as sentences."""
    return [
        f"Agreement of the prompts {' and '.join(_readable(name) for name in row['prompts'])}: F1 "
        f"{f1(row['f1'])}; {number(row['same'])} of {plural(row['documents'], 'document')} have "
        f"identical annotations."
        for row in agreements
    ]


def interval_of(row: Row) -> Sequence[float] | None:
    """Return the 95 % interval of the overall F1, if known."""
    intervals = row["counts"].get("intervals") or {}
    interval: Sequence[float] | None = row.get("interval")
    return interval or intervals.get("overall", {}).get("f1")


def _scores(row: Row, interval: Sequence[float] | None) -> Iterator[View]:
    counts = row["counts"]
    intervals = counts.get("intervals") or {}
    scores = [("All types", counts["overall"], interval)]
    for label, score in counts["per_label"].items():
        scores.append((label, score, intervals.get(label, {}).get("f1")))
    if counts.get("span_only"):
        scores.append(("Boundaries alone", counts["span_only"], None))
    for label, score, ends in scores:
        yield {
            "label": label,
            **{name: f1(score[name]) for name in ("precision", "recall", "f1")},
            "interval": _range(ends),
            "support": number(score["support"]),
        }


def _errors(counts: Row) -> Iterator[View]:
    """Yield the errors per type; none for a task without boundaries, or without errors."""
    for label, kinds in (counts.get("errors") or {}).items():
        cells = [number(kinds[kind]) if kinds[kind] else "·" for kind in ERROR_KINDS]
        yield {"label": label, "cells": cells}


def _replies(states: Mapping[str, int]) -> View | None:
    total = sum(states.values())
    if not total:
        return None
    failed = total - sum(states.get(state, 0) for state in USABLE)
    listed = ", ".join(f"{number(n)} {_readable(state)}" for state, n in states.items() if n)
    return {"failed": number(failed), "total": number(total), "share": _share(failed, total),
            "listed": listed}  # fmt: skip


def _mentions(statuses: Mapping[str, int]) -> View | None:
    total = sum(statuses.values())
    if not total:
        return None
    invented = statuses.get("not_found", 0)
    listed = ", ".join(f"{number(n)} {_readable(status)}" for status, n in statuses.items() if n)
    return {"invented": number(invented), "total": number(total),
            "share": _share(invented, total), "listed": listed}  # fmt: skip


def _hard_document(one: Row) -> View:
    missing = "" if one["answered"] else ", without annotation"
    return {
        "id": one["id"],
        "text": f"{number(one['missed'])} of {number(one['gold'])} missed, "
        f"{number(one['wrong'])} wrong{missing}",
    }


def _range(ends: Sequence[float] | None) -> str:
    return f"{f1(ends[0])} to {f1(ends[1])}" if ends else ""


def _share(part: int, total: int) -> str:
    return f"{100 * part / total:.1f}\N{NO-BREAK SPACE}%"


def _readable(name: Any) -> str:
    return str(name).replace("_", " ")
