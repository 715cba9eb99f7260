"""Charts of the report page, drawn from plain numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from markupsafe import Markup

from vermeil.studies.format import f1, number, points, regimen_name, spread
from vermeil.studies.report.svg import Drawing, Point, Scale, ticks
from vermeil.studies.results.cell import GoldShares
from vermeil.studies.results.statistics import ComparisonRow, Spread, SummaryRow

_WIDTH = 440
_NAMES = 120
_VALUES = 52
_ROW = 30
_PANEL = (170, 96)


@dataclass(frozen=True, slots=True)
class Extent:
    """Axes that all panels of learning curves share: longest training, lowest and highest value."""

    steps: float
    low: float
    high: float


def score_chart(rows: Sequence[SummaryRow], score: str) -> Markup:
    """Draw the mean of every regimen, its spread (± sd) and a dot per seed.

    Args:
        rows: summary rows with the score, in the order of the chart.
        score: ``test`` or ``dev``.
    """
    scored = [(row, one) for row in rows if (one := row.score(score)) is not None]
    scale = _score_scale([one for _, one in scored])
    description = "; ".join(
        f"{regimen_name(row.regimen)} {spread(one.mean, one.sd)}" for row, one in scored
    )
    drawing = _row_drawing(len(scored), f"{score} F1, mean and spread by regimen: {description}")
    _vertical_grid(drawing, scale, [f1(tick) for tick in ticks(scale.low, scale.high)])
    for index, (row, one) in enumerate(scored):
        y = _row_centre(index)
        mean, sd = one.mean, one.sd
        reference = " reference" if row.regimen == "ceiling" else ""
        drawing.text((_NAMES - 10, y + 4), regimen_name(row.regimen), "name", "end")
        if sd is not None:
            start = scale(mean - sd)
            drawing.bar((start, y - 6), scale(mean + sd) - start, 12, "spread" + reference)
        drawing.line((scale(mean), y - 9), (scale(mean), y + 9), "mean" + reference)
        for seed, value in zip(row.seeds, one.values, strict=True):
            if value is not None:
                drawing.dot((scale(value), y), 3.6, "seed" + reference, f"seed {seed}: {f1(value)}")
        drawing.text((_WIDTH - 4, y + 4), f1(mean), "value", "end")
    return drawing.svg()


def score_chart_starts_at_zero(rows: Sequence[SummaryRow], score: str) -> bool:
    """Return whether the axis of `score_chart` starts at 0."""
    return _score_scale([one for row in rows if (one := row.score(score)) is not None]).low == 0


def _score_scale(scores: Sequence[Spread]) -> Scale:
    values = [value for one in scores for value in one.values if value is not None]
    ends = [one.mean + k * (one.sd or 0) for one in scores for k in (-1, 1)]
    scale = _padded([*values, *ends], 0.01)
    return replace(scale, low=max(0.0, scale.low), high=min(1.0, scale.high))


def difference_chart(regimens: Sequence[str], rows: Sequence[ComparisonRow]) -> Markup:
    """Draw the difference of every regimen to the baseline, with its 95 % interval.

    Args:
        regimens: names in the order of the chart; one without a comparison has an empty row.
        rows: comparisons with the baseline.
    """
    by_regimen = {row.regimen: row for row in rows}
    baseline = rows[0].baseline
    scale = _padded([0.0, *(end for row in rows for end in (row.low, row.high))], 0.005)
    description = "; ".join(
        f"{regimen_name(row.regimen)} {points(row.difference, signed=True)} points, interval "
        f"{points(row.low, signed=True)} to {points(row.high, signed=True)}"
        for row in rows
    )
    drawing = _row_drawing(
        len(regimens), f"Difference to {regimen_name(baseline)} in points of F1: {description}"
    )
    marks = ticks(scale.low, scale.high)
    _vertical_grid(drawing, scale, [_short_points(tick) for tick in marks])
    bottom = _row_centre(len(regimens) - 1) + _ROW / 2
    drawing.line((scale(0), 4), (scale(0), bottom), "zero")
    for index, regimen in enumerate(regimens):
        y = _row_centre(index)
        drawing.text((_NAMES - 10, y + 4), regimen_name(regimen), "name", "end")
        row = by_regimen.get(regimen)
        if row is None:
            word = "baseline" if regimen == baseline else "not compared"
            drawing.text((_WIDTH - 4, y + 4), word, "value quiet", "end")
            continue
        drawing.line((scale(row.low), y), (scale(row.high), y), f"whisker {row.verdict}")
        for end in (row.low, row.high):
            drawing.line((scale(end), y - 4), (scale(end), y + 4), "cap")
        tip = f"{points(row.low, signed=True)} to {points(row.high, signed=True)}"
        drawing.dot((scale(row.difference), y), 5, f"effect {row.verdict}", tip)
        drawing.text((_WIDTH - 4, y + 4), points(row.difference, signed=True), "value", "end")
    return drawing.svg()


def type_chart(label: str, scores: Sequence[tuple[str, float, float | None]]) -> Markup:
    """Draw the F1 of one type as a bar per regimen, from 0 to 1, with the highest in gold.

    Args:
        label: the type.
        scores: regimen, mean F1 and its spread (None: unknown).
    """
    row, top = 20, 4
    description = "; ".join(f"{regimen_name(name)} {f1(mean)}" for name, mean, _ in scores)
    drawing = Drawing(
        _WIDTH, top + row * len(scores) + 18, f"F1 of {label} by regimen: {description}"
    )
    scale = Scale(0, 1, _NAMES, _WIDTH - _VALUES)
    contestants = [mean for name, mean, _ in scores if name != "ceiling"]
    best = max(contestants, default=1.0)
    bottom = top + row * len(scores)
    for tick in (0, 0.25, 0.5, 0.75, 1):
        drawing.line((scale(tick), top), (scale(tick), bottom), "grid")
        drawing.text((scale(tick), bottom + 13), f"{tick:g}".lstrip("0") or "0", "tick", "middle")
    for index, (name, mean, sd) in enumerate(scores):
        y = top + row * index
        css = "bar reference" if name == "ceiling" else "bar best" if mean == best else "bar"
        drawing.text((_NAMES - 10, y + 14), regimen_name(name), "name", "end")
        drawing.bar((scale(0), y + 3), scale(mean) - scale(0), row - 6, css)
        if sd is not None:
            middle = y + row / 2
            drawing.line((scale(mean - sd), middle), (scale(mean + sd), middle), "error")
        drawing.text((_WIDTH - 4, y + 14), f1(mean), "value", "end")
    return drawing.svg()


def schedule_chart(name: str, plan: GoldShares) -> Markup:
    """Draw the gold share over training: realised as a gold area, planned as a dashed line.

    Args:
        name: name of the regimen, for the description.
        plan: planned and realised gold share over training.
    """
    progress, realised, planned = plan.progress, plan.realised, plan.planned
    average = sum(realised) / len(realised)
    drawing = Drawing(
        *_PANEL,
        f"Gold share in training, {name}: from {round(100 * realised[0])} % to "
        f"{round(100 * realised[-1])} %, {round(100 * average)} % on average",
    )
    across, up = panel_scales(0.0, 1.0, 0.0, 1.0)
    drawing.bar((across.start, up.end), across.end - across.start, up.start - up.end, "silver-area")
    drawing.area(_scaled_points(progress, realised, across, up), up.start, "gold-area")
    drawing.curve(_scaled_points(progress, planned, across, up), "planned")
    panel_axes(
        drawing, across, up, [(0, "0"), (0.5, "50 %"), (1, "100 %")], [(0, "start"), (1, "end")]
    )
    return drawing.svg()


def curve_chart(
    name: str, lines: Sequence[tuple[Sequence[float], Sequence[float]]], extent: Extent, unit: str
) -> Markup:
    """Draw a value over the steps of training, one line per seed.

    Args:
        name: name of the regimen, for the description.
        lines: steps and values of each seed.
        extent: the axes.
        unit: name of the value, ``loss`` or ``dev F1``.
    """
    last = [values[-1] for _, values in lines if values]
    drawing = Drawing(
        *_PANEL,
        f"{unit} over training, {name}: ends at {', '.join(f'{value:.3f}' for value in last)}",
    )
    across, up = panel_scales(0.0, extent.steps, extent.low, extent.high)
    rows = [(tick, f"{tick:g}") for tick in ticks(extent.low, extent.high, 3)]
    panel_axes(drawing, across, up, rows, [(0, "0"), (extent.steps, number(extent.steps))])
    for steps, values in lines:
        thin = _thinned(list(zip(steps, values, strict=True)))
        drawing.curve([(across(x), up(y)) for x, y in thin], "seed-curve")
    return drawing.svg()


def _padded(values: Sequence[float], least: float) -> Scale:
    """Return the horizontal scale of a row chart, slightly wider than its values."""
    low, high = min(values), max(values)
    pad = max(least, 0.06 * (high - low))
    return Scale(low - pad, high + pad, _NAMES, _WIDTH - _VALUES)


def _row_drawing(rows: int, label: str) -> Drawing:
    return Drawing(_WIDTH, _row_centre(rows - 1) + _ROW / 2 + 20, label)


def _row_centre(index: int) -> float:
    return 4 + _ROW * (index + 0.5)


def _vertical_grid(drawing: Drawing, scale: Scale, labels: Sequence[str]) -> None:
    bottom = drawing.height - 20
    for tick, label in zip(ticks(scale.low, scale.high), labels, strict=True):
        drawing.line((scale(tick), 4), (scale(tick), bottom), "grid")
        drawing.text((scale(tick), bottom + 14), label, "tick", "middle")


def _short_points(value: float) -> str:
    sign = "−" if value < 0 else "+" if value > 0 else ""
    return f"{sign}{abs(round(100 * value, 2)):g}"


def panel_drawing(label: str) -> Drawing:
    """Return an empty panel of the small multiples."""
    return Drawing(*_PANEL, label)


def panel_scales(left: float, right: float, low: float, high: float) -> tuple[Scale, Scale]:
    """Return the scales of a panel: across and up."""
    width, height = _PANEL
    return Scale(left, right, 34, width - 4), Scale(low, high, height - 18, 6)


def panel_axes(
    drawing: Drawing,
    x_scale: Scale,
    y_scale: Scale,
    rows: Sequence[tuple[float, str]],
    ends: Sequence[tuple[float, str]],
) -> None:
    """Draw the grid and the axis of a panel.

    Args:
        drawing: the panel.
        x_scale: horizontal scale.
        y_scale: vertical scale.
        rows: value and label of each grid line.
        ends: value and label of both ends of the axis.
    """
    for value, label in rows:
        drawing.line((x_scale.start, y_scale(value)), (x_scale.end, y_scale(value)), "grid")
        drawing.text((x_scale.start - 4, y_scale(value) + 3.5), label, "tick", "end")
    drawing.line((x_scale.start, y_scale.start), (x_scale.end, y_scale.start), "axis")
    for (value, label), anchor in zip(ends, ("start", "end"), strict=True):
        drawing.text((x_scale(value), y_scale.start + 12), label, "tick", anchor)


def _scaled_points(
    x_values: Sequence[float], y_values: Sequence[float], x_scale: Scale, y_scale: Scale
) -> list[Point]:
    return [(x_scale(x), y_scale(y)) for x, y in zip(x_values, y_values, strict=True)]


def _thinned(points: list[Point], limit: int = 120) -> list[Point]:
    """Return at most ``limit`` points, each the mean of consecutive points."""
    size = -(-len(points) // limit) if points else 1
    chunks = [points[i : i + size] for i in range(0, len(points), size)]
    return [
        (sum(x for x, _ in chunk) / len(chunk), sum(y for _, y in chunk) / len(chunk))
        for chunk in chunks
    ]
