"""Small panels of the observations during training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from vermeil.data.counts import ErrorKind
from vermeil.studies.format import ERROR_KINDS
from vermeil.studies.report.charts import panel_axes, panel_drawing, panel_scales
from vermeil.studies.report.svg import Point, ticks
from vermeil.studies.results.statistics import MechanismPoint

ENDS = [(0.0, "start"), (1.0, "end")]


def errors_of(point: MechanismPoint, kind: ErrorKind) -> float:
    """Return the errors of a kind per 100 gold spans, or 0 without gold spans."""
    return point.errors.get(kind) or 0.0


def measure_chart(
    name: str, lines: Mapping[str, Sequence[tuple[float, float]]], turn: float | None
) -> Markup:
    """Draw shares over training as lines with dots.

    Args:
        name: name of the measure, for the description.
        lines: points (progress, share) of each line by its CSS class.
        turn: progress of a thin vertical line; None: no such line.
    """
    ends = ", ".join(f"{round(100 * values[-1][1])} %" for values in lines.values() if values)
    drawing = panel_drawing(f"{name}: at the end {ends}")
    across, up = panel_scales(0.0, 1.0, 0.0, 1.0)
    panel_axes(drawing, across, up, [(0, "0"), (0.5, "50 %"), (1, "100 %")], ENDS)
    if turn is not None:
        drawing.line((across(turn), up.end), (across(turn), up.start), "turn")
    for css, values in lines.items():
        places: list[Point] = [(across(x), up(y)) for x, y in values]
        drawing.curve(places, f"observed {css}")
        for place, (_, value) in zip(places, values, strict=True):
            drawing.dot(place, 2.2, f"observed-dot {css}", f"{round(100 * value)} %")
    return drawing.svg()


def errors_chart(name: str, curve: Sequence[MechanismPoint], high: float) -> Markup:
    """Draw errors per 100 gold spans over training, stacked by kind.

    Args:
        name: name of the regimen, for the description.
        curve: the measurements.
        high: upper end of the axis, shared by all panels.
    """
    end = curve[-1]
    errors = ", ".join(f"{kind} {errors_of(end, kind):.1f}" for kind in ERROR_KINDS)
    drawing = panel_drawing(f"Errors per 100 gold spans, {name}: at the end {errors}")
    across, up = panel_scales(0.0, 1.0, 0.0, high)
    panel_axes(drawing, across, up, [(t, f"{t:g}") for t in ticks(0.0, high, 3)], ENDS)
    below = [0.0] * len(curve)
    for number, kind in enumerate(ERROR_KINDS):
        above = [b + errors_of(point, kind) for b, point in zip(below, curve, strict=True)]
        progress = [point.progress for point in curve]
        outline = [(across(x), up(y)) for x, y in zip(progress, above, strict=True)]
        back = [(across(x), up(y)) for x, y in zip(progress, below, strict=True)]
        drawing.shape([*outline, *reversed(back)], f"kind{number}")
        below = above
    return drawing.svg()
