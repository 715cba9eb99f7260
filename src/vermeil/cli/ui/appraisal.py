"""Tables of ``vermeil evaluate``: scores with intervals, errors, confusion, hard documents."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import RenderableType
from rich.text import Text

from vermeil.cli.ui.output import table

Report = Mapping[str, Any]

SCORES = ("precision", "recall", "f1")
ERROR_KINDS = ("boundary", "type", "both", "missing", "spurious")
VIEWS = {
    "strict": "boundaries and label",
    "exact": "boundaries only",
    "partial": "boundaries, an overlap counts half",
    "type": "label, with any overlap",
}


def appraisal_tables(report: Report) -> Iterator[RenderableType]:
    """Yield the tables of an appraisal, as ``Appraisal.as_dict()`` and the verb give it."""
    yield _scores(report)
    yield Text(_summary(report))
    for name, part in report.get("parts", {}).items():
        kinds = {**part["per_label"], "overall": part["overall"]}
        rows = [(k, *_precision_recall_f1(v), v["support"]) for k, v in kinds.items()]
        title = f"{name.capitalize()} alone"
        yield table(title, ("label", "precision", "recall", "F1", "support"), rows)
    if report["views"]:
        rows = [(name, VIEWS[name], *_precision_recall_f1(report["views"][name])) for name in VIEWS]
        yield table("Other matches", ("match", "criterion", "precision", "recall", "F1"), rows)
    if report["errors"]:
        rows = [
            (label, *(found[k] for k in ERROR_KINDS)) for label, found in report["errors"].items()
        ]
        yield table("Errors", ("label", "boundary", "type", "both", "missing", "spurious"), rows)
    wrong = [row for row in report["confusion"] if row[0] != row[1]]
    if wrong:
        ranked = sorted(wrong, key=lambda row: (-row[2], row[0], row[1]))[:8]
        yield table(
            "Most frequent confusions", ("gold", "predicted", "count"), _confusion_rows(ranked)
        )
    if report.get("per_level"):
        rows = [
            (level, *_precision_recall_f1(score), score["support"])
            for level, score in report["per_level"].items()
        ]
        columns = ("level", "precision", "recall", "F1", "support")
        yield table("Levels of the hierarchy", columns, rows)
    if report["hardest"]:
        rows = [(d["id"], d["gold"], d["missed"], d["wrong"]) for d in report["hardest"]]
        yield table("Hardest documents", ("document", "gold", "missed", "wrong"), rows)
    if report.get("teacher"):
        yield from _teacher(report["teacher"])
    if report.get("agreement"):
        rows = [(a["with"], a["documents"], a["same"], a["f1"]) for a in report["agreement"]]
        yield table("Agreement", ("with", "documents", "identical", "F1"), rows)


def _scores(report: Report) -> RenderableType:
    rows = []
    kinds = {**report["per_label"], "overall": report["overall"]}
    for label, score in kinds.items():
        low, high = report["intervals"][label]["f1"]
        interval = f"{low:.3f} to {high:.3f}"
        rows.append((label, *_precision_recall_f1(score), interval, score["support"]))
    columns = ("label", "precision", "recall", "F1", "95 % of F1", "support")
    return table("", columns, rows)


def _summary(report: Report) -> str:
    documents = report["documents"]
    return (
        f"documents {documents:,} in {report['groups']:,} groups, without errors "
        f"{report['without_error']:,}, without annotation {report['unanswered']:,}, truncated "
        f"{report['truncated']:,}; intervals by bootstrap over groups"
    )


def _teacher(teacher: Report) -> Iterator[RenderableType]:
    """Yield the tables of reply states and mention statuses of the teacher."""
    for title, key, unit in (
        ("Replies", "states", "documents"),
        ("Mentions", "mentions", "mentions"),
    ):
        counts = teacher[key]
        total = sum(counts.values())
        rows = [(k.replace("_", " "), n, f"{100 * n / total:.1f} %") for k, n in counts.items()]
        if rows:
            yield table(title, ("", unit, "share"), rows)


def _precision_recall_f1(score: Mapping[str, float]) -> tuple[float, ...]:
    return tuple(score[name] for name in SCORES)


def _confusion_rows(confusions: list[Any]) -> list[tuple[str, str, int]]:
    return [
        ("nothing" if gold == "O" else gold, "nothing" if predicted == "O" else predicted, n)
        for gold, predicted, n in confusions
    ]
