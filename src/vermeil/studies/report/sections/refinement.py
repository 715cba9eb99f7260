"""Judging of silver as a section of the page, for cells of the regimen auto."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from statistics import fmean, stdev
from typing import Any

from markupsafe import Markup

from vermeil.studies.format import f1, number, spread
from vermeil.studies.report.charts import panel_axes, panel_drawing, panel_scales
from vermeil.studies.statistics.compare import Block, Cell, group_by_regimen

Report = Mapping[str, Any]
View = dict[str, Any]

MEASURES = ("auroc", "auarc", "ece")
TITLES = {
    "correct": "A teacher label is correct",
    "missed": "The teacher missed a label",
}
"""Outcomes that the judge predicts, as titles."""


def refinement_views(cells: Sequence[Cell]) -> list[View]:
    """Return one view per block that has cells with judged silver.

    Args:
        cells: the cells of ``results.json``.
    """
    blocks: dict[Block, list[Report]] = {}
    for (block, _), members in group_by_regimen(cells).items():
        reports = [cell["refinement"] for cell in members if cell.get("refinement")]
        if reports:
            blocks.setdefault(block, []).extend(reports)
    return [_view(block, reports) for block, reports in blocks.items()]


def _view(block: Block, reports: Sequence[Report]) -> View:
    names = _union(report["gold"] for report in reports)
    scores = [counts for report in reports for counts in report["gold"].values()]
    labels = _union(counts["per_label"] for counts in scores)
    return {
        "block": block,
        "cells": len(reports),
        "better_than_teacher": sum(report["better_than_teacher"] for report in reports),
        "changed": number(round(fmean(r["documents"]["changed"] for r in reports))),
        "documents": number(round(fmean(_judged_count(r["documents"]) for r in reports))),
        "self_annotated": _self_annotated(reports),
        "labels": labels,
        "scores": [_score(name, labels, reports) for name in names],
        "signals": [
            {"title": title, "rows": rows, "chart": reliability_chart(title, bins)}
            for outcome, title in TITLES.items()
            if (rows := _signals(outcome, reports)) and (bins := _bins(outcome, reports))
        ],
    }


def _union(keys: Iterable[Iterable[str]]) -> list[str]:
    """Return all keys, each once, in order of first appearance."""
    return list(dict.fromkeys(key for group in keys for key in group))


def _judged_count(counts: Mapping[str, int]) -> int:
    return counts["written"] - counts.get("self_annotated", 0)


def _self_annotated(reports: Sequence[Report]) -> str:
    """Return the mean number of texts annotated by a student; empty if there are none."""
    mean = round(fmean(r["documents"].get("self_annotated", 0) for r in reports))
    return number(mean) if mean else ""


def _score(name: str, labels: Sequence[str], reports: Sequence[Report]) -> View:
    """Return the scores of one annotator (teacher, student or judge), a value per label."""
    own = [report["gold"][name] for report in reports if name in report["gold"]]
    overall = [counts["overall"]["f1"] for counts in own]
    sd = stdev(overall) if len(overall) > 1 else None
    return {
        "name": name,
        "f1": spread(fmean(overall), sd),
        "labels": [_label_score(label, own) for label in labels],
    }


def _label_score(label: str, own: Sequence[Mapping[str, Any]]) -> str:
    values = [c["per_label"][label]["f1"] for c in own if label in c["per_label"]]
    return f1(fmean(values)) if values else f1(None)


def _signals(outcome: str, reports: Sequence[Report]) -> list[View]:
    signals = [report["signals"][outcome] for report in reports]
    return [
        {"name": name, "values": [_mean(signals, name, measure) for measure in MEASURES]}
        for name in _union(signals)
    ]


def _mean(signals: Sequence[Mapping[str, Any]], name: str, measure: str) -> str:
    values = [one[name][measure] for one in signals if one.get(name, {}).get(measure) is not None]
    return f1(fmean(values)) if values else f1(None)


def _bins(outcome: str, reports: Sequence[Report]) -> list[tuple[float, float, int]]:
    """Return mean probability, share of correct items and count of each bin, over all cells."""
    sums: dict[float, list[float]] = {}
    for report in reports:
        for one in report["signals"][outcome].get("judge", {}).get("bins", ()):
            if one["number"]:
                total = sums.setdefault(one["low"], [0.0, 0.0, 0.0])
                total[0] += one["number"]
                total[1] += one["number"] * one["score"]
                total[2] += one["number"] * one["correct"]
    return [(s / n, c / n, round(n)) for _, (n, s, c) in sorted(sums.items())]


def reliability_chart(title: str, bins: Sequence[tuple[float, float, int]]) -> Markup:
    """Draw the share of correct items over the judge's probability; the diagonal is calibrated.

    Args:
        title: name of the outcome, for the description.
        bins: mean probability, share of correct items, and number of items.
    """
    listed = "; ".join(f"probability {p:.2f}, correct {share:.2f}" for p, share, _ in bins)
    drawing = panel_drawing(f"{title}: {listed}")
    across, up = panel_scales(0.0, 1.0, 0.0, 1.0)
    rows = [(0.0, "0"), (0.5, "50 %"), (1.0, "100 %")]
    panel_axes(drawing, across, up, rows, [(0.0, "p = 0"), (1.0, "p = 1")])
    drawing.line((across(0), up(0)), (across(1), up(1)), "turn")
    points = [(across(probability), up(share)) for probability, share, _ in bins]
    drawing.curve(points, "observed gold-line")
    for point, (probability, share, items) in zip(points, bins, strict=True):
        tip = f"probability {probability:.2f}, correct {share:.2f}, {number(items)} items"
        drawing.dot(point, 2.6, "observed-dot gold-line", tip)
    return drawing.svg()
