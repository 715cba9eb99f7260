"""What the page tells of how silver was judged, in cells of the regimen auto."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean, stdev
from typing import Any

from markupsafe import Markup

from vermeil.studies.format import f1, number, spread
from vermeil.studies.report.charts import panel_axes, panel_drawing, panel_scales
from vermeil.studies.statistics.compare import Cell, block_of

View = dict[str, Any]

MEASURES = ("auroc", "auarc", "ece")
TITLES = {
    "correct": "A span of the teacher is right",
    "missed": "The teacher missed something",
}


def refinement_views(cells: Sequence[Cell]) -> list[View]:
    """Return a part per block that has cells whose silver was judged.

    Args:
        cells: of ``results.json``.
    """
    blocks: dict[Any, list[Mapping[str, Any]]] = {}
    for cell in cells:
        if cell.get("refinement"):
            blocks.setdefault(block_of(cell), []).append(cell["refinement"])
    return [_part(key, reports) for key, reports in blocks.items()]


def _part(key: Any, reports: Sequence[Mapping[str, Any]]) -> View:
    names = list(reports[0]["gold"])
    return {
        "block": key,
        "cells": len(reports),
        "believed": sum(report["believed"] for report in reports),
        "changed": number(round(fmean(r["documents"]["changed"] for r in reports))),
        "documents": number(round(fmean(_judged_count(r["documents"]) for r in reports))),
        "self_annotated": _self_annotated(reports),
        "labels": list(reports[0]["gold"][names[-1]]["per_label"]),
        "scores": [_score(name, reports) for name in names],
        "signals": [
            {"what": TITLES[what], "rows": rows, "chart": reliability_chart(TITLES[what], bins)}
            for what in TITLES
            if (rows := _signals(what, reports)) and (bins := _bins(what, reports))
        ],
    }


def _judged_count(counts: Mapping[str, int]) -> int:
    return counts["written"] - counts.get("self_annotated", 0)


def _self_annotated(reports: Sequence[Mapping[str, Any]]) -> str:
    """Return how many texts a student annotated, on average; empty: none."""
    mean = round(fmean(r["documents"].get("self_annotated", 0) for r in reports))
    return number(mean) if mean else ""


def _score(name: str, reports: Sequence[Mapping[str, Any]]) -> View:
    own = [report["gold"][name] for report in reports]
    overall = [counts["overall"]["f1"] for counts in own]
    labels = list(own[0]["per_label"])
    of_label = [
        [c["per_label"][label]["f1"] for c in own if label in c["per_label"]] for label in labels
    ]
    sd = stdev(overall) if len(overall) > 1 else None
    return {
        "name": name,
        "f1": spread(fmean(overall), sd),
        "labels": [f1(fmean(values)) for values in of_label],
    }


def _signals(outcome: str, reports: Sequence[Mapping[str, Any]]) -> list[View]:
    found = [report["signals"][outcome] for report in reports if report["signals"][outcome]]
    if not found:
        return []
    return [
        {"name": name, "values": [_mean(found, name, measure) for measure in MEASURES]}
        for name in found[0]
    ]


def _mean(found: Sequence[Mapping[str, Any]], name: str, measure: str) -> str:
    values = [one[name][measure] for one in found if one.get(name, {}).get(measure) is not None]
    return f1(fmean(values)) if values else "–"


def _bins(outcome: str, reports: Sequence[Mapping[str, Any]]) -> list[tuple[float, float, int]]:
    """Return mean score, share that is right, and number, of each bin over all cells."""
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
    """Draw how often the judge is right over how sure it is; on the diagonal it is calibrated.

    Args:
        what: is judged, for the description.
        bins: mean probability, share that is right, and number.
    """
    said = "; ".join(f"said {s:.2f}, right {c:.2f}" for s, c, _ in bins)
    drawing = panel_drawing(f"{title}: {said}")
    across, up = panel_scales(0.0, 1.0, 0.0, 1.0)
    rows = [(0.0, "0"), (0.5, "50 %"), (1.0, "100 %")]
    panel_axes(drawing, across, up, rows, [(0.0, "said 0"), (1.0, "said 100 %")])
    drawing.line((across(0), up(0)), (across(1), up(1)), "turn")
    places = [(across(score), up(correct)) for score, correct, _ in bins]
    drawing.curve(places, "observed gold-line")
    for place, (score, correct, items) in zip(places, bins, strict=True):
        tip = f"said {score:.2f}, right {correct:.2f}, {number(items)} places"
        drawing.dot(place, 2.6, "observed-dot gold-line", tip)
    return drawing.svg()
