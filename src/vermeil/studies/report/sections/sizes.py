"""F1 over the number of gold and of silver documents, as a section of the page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from vermeil.studies.format import f1, number, regimen_name
from vermeil.studies.report.charts import panel_axes, panel_drawing, panel_scales
from vermeil.studies.report.svg import ticks
from vermeil.studies.results.statistics import SummaryRow
from vermeil.studies.results.study import StudyResults
from vermeil.studies.statistics.compare import summarise


@dataclass(frozen=True, slots=True)
class SizePanel:
    """F1 of one regimen over the number of documents."""

    name: str
    chart: Markup


@dataclass(frozen=True, slots=True)
class SizesView:
    """F1 over the number of documents of one origin, for one budget.

    Args:
        axis: gold or silver: the documents that are counted on the axis.
        other: the other origin; every line has one number of its documents.
        others: numbers of documents of the other origin, ascending, as text.
        budget: name of the budget; empty if the study has only one.
        score: ``test`` or ``dev``.
        panels: one chart per regimen.
    """

    axis: str
    other: str
    others: list[str]
    budget: str
    score: str
    panels: list[SizePanel]


@dataclass(frozen=True, slots=True)
class SizePoint:
    """Mean F1, and F1 by seed, at one size."""

    documents: int
    other: int
    mean: float
    values: tuple[float, ...]


def size_views(results: StudyResults) -> list[SizesView]:
    """Return F1 over gold and over silver documents; empty if the study has one size of each.

    Args:
        results: the results of a study.
    """
    summary = results.summary or tuple(summarise(results.cells))
    score = "test" if any(row.test for row in summary) else "dev"
    budgets = list(dict.fromkeys(row.budget for row in summary))
    views = []
    for budget in budgets:
        rows = [row for row in summary if row.budget == budget and row.score(score)]
        for axis in ("gold", "silver"):
            if len({_documents(row, axis) for row in rows}) > 1:
                views.append(_view(rows, axis, score, budget if len(budgets) > 1 else ""))
    return views


def _documents(row: SummaryRow, origin: str) -> int:
    return row.gold_documents if origin == "gold" else row.silver_documents


def _view(rows: Sequence[SummaryRow], axis: str, score: str, budget: str) -> SizesView:
    other = "silver" if axis == "gold" else "gold"
    points: dict[str, list[SizePoint]] = {}
    for row in rows:
        found = row.score(score)
        if found is not None:
            values = tuple(value for value in found.values if value is not None)
            point = SizePoint(_documents(row, axis), _documents(row, other), found.mean, values)
            points.setdefault(row.regimen, []).append(point)
    everything = [point for of_regimen in points.values() for point in of_regimen]
    panels = [
        SizePanel(regimen_name(name), size_chart(regimen_name(name), axis, own, everything))
        for name, own in points.items()
    ]
    others = sorted({point.other for point in everything})
    return SizesView(axis, other, [number(one) for one in others], budget, score, panels)


def size_chart(
    name: str, axis: str, points: Sequence[SizePoint], everything: Iterable[SizePoint]
) -> Markup:
    """Draw F1 over the number of documents, one line for each number of the other origin.

    Args:
        name: name of the regimen, for the description.
        axis: gold or silver.
        points: the regimen's points.
        everything: the points of all regimens, which share the axes.
    """
    every = list(everything)
    values = [value for point in every for value in (point.mean, *point.values)]
    sizes = [point.documents for point in every]
    margin = 0.04 * (max(values) - min(values)) or 0.01
    described = ", ".join(f"{f1(p.mean)} at {number(p.documents)}" for p in points)
    drawing = panel_drawing(f"F1 over {axis} documents, {name}: {described}")
    low, high = max(0.0, min(values) - margin), min(1.0, max(values) + margin)
    x_scale, y_scale = panel_scales(0.0, float(max(sizes)), low, high)
    rows = [(tick, f1(tick)) for tick in ticks(low, high, 3)]
    panel_axes(drawing, x_scale, y_scale, rows, [(0, "0"), (max(sizes), number(max(sizes)))])
    for line in _lines(points):
        drawing.curve([(x_scale(p.documents), y_scale(p.mean)) for p in line], "size-curve")
        for point in line:
            for value in point.values:
                centre = (x_scale(point.documents), y_scale(value))
                drawing.dot(centre, 1.8, "seed", f"{number(point.documents)} {axis}: {f1(value)}")
    return drawing.svg()


def _lines(points: Sequence[SizePoint]) -> Iterator[list[SizePoint]]:
    """Yield the points of each number of the other origin, by ascending size."""
    for other in sorted({point.other for point in points}):
        line = [point for point in points if point.other == other]
        yield sorted(line, key=lambda point: point.documents)
