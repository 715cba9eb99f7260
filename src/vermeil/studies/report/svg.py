"""Minimal SVG: scales, ticks, and a drawing as an element for a page.

Colours and type sizes are in the page's CSS: every element has a CSS class. Text is escaped.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from markupsafe import Markup, escape

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Scale:
    """A linear scale from values to pixels.

    Args:
        low: value at ``start``.
        high: value at ``end``.
        start: pixel of ``low``.
        end: pixel of ``high``; less than ``start`` for an axis that points up.
    """

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Return the pixel of a value; values outside are clipped to the ends."""
        width = self.high - self.low
        share = (value - self.low) / width if width else 0.5
        return self.start + min(1.0, max(0.0, share)) * (self.end - self.start)


def ticks(low: float, high: float, count: int = 5) -> list[float]:
    """Return about ``count`` round values within [low, high] (steps of 1, 2 or 5 · 10ⁿ)."""
    if not high > low:
        return [low]
    raw = (high - low) / max(1, count)
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(m * power for m in (1, 2, 5, 10) if m * power >= raw * 0.999)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [round(i * step, 10) + 0.0 for i in range(first, last + 1)]


@dataclass(slots=True)
class Drawing:
    """An SVG drawing; each method adds an element.

    Args:
        width: width of the coordinate system in pixels; the page scales the drawing.
        height: its height in pixels.
        label: description for screen readers.
    """

    width: float
    height: float
    label: str
    _marks: list[Markup] = field(default_factory=list)

    def line(self, start: Point, end: Point, css: str) -> None:
        """Draw a straight line."""
        self._marks.append(
            Markup('<line x1="{}" y1="{}" x2="{}" y2="{}" class="{}" />').format(
                *map(_px, (*start, *end)), css
            )
        )

    def curve(self, points: Sequence[Point], css: str) -> None:
        """Draw a line through points."""
        if points:
            path = "M" + "L".join(f"{_px(x)} {_px(y)}" for x, y in points)
            self._marks.append(Markup('<path d="{}" class="{}" />').format(path, css))

    def area(self, points: Sequence[Point], floor: float, css: str) -> None:
        """Fill between a line through points and the height ``floor``."""
        if points:
            self.shape([(points[0][0], floor), *points, (points[-1][0], floor)], css)

    def shape(self, points: Sequence[Point], css: str) -> None:
        """Fill the polygon through points."""
        if points:
            path = "M" + "L".join(f"{_px(x)} {_px(y)}" for x, y in points) + "Z"
            self._marks.append(Markup('<path d="{}" class="{}" />').format(path, css))

    def dot(self, centre: Point, radius: float, css: str, tip: str = "") -> None:
        """Draw a circle; ``tip`` is its tooltip."""
        self._marks.append(
            Markup('<circle cx="{}" cy="{}" r="{}" class="{}">{}</circle>').format(
                _px(centre[0]), _px(centre[1]), _px(radius), css, _tip(tip)
            )
        )

    def bar(self, corner: Point, width: float, height: float, css: str, tip: str = "") -> None:
        """Draw a rectangle from its upper left corner."""
        self._marks.append(
            Markup('<rect x="{}" y="{}" width="{}" height="{}" class="{}">{}</rect>').format(
                _px(corner[0]), _px(corner[1]), _px(max(0.0, width)), _px(height), css, _tip(tip)
            )
        )

    def text(self, at: Point, content: str, css: str, anchor: str = "start") -> None:
        """Write text; ``anchor`` is start, middle or end."""
        self._marks.append(
            Markup('<text x="{}" y="{}" class="{}" text-anchor="{}">{}</text>').format(
                _px(at[0]), _px(at[1]), css, anchor, content
            )
        )

    def svg(self) -> Markup:
        """Return the drawing as an SVG element with its description."""
        return Markup(
            '<svg viewBox="0 0 {} {}" role="img" aria-label="{}" class="chart">{}</svg>'
        ).format(_px(self.width), _px(self.height), self.label, Markup("").join(self._marks))


def _px(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _tip(tip: str) -> Markup:
    return Markup("<title>{}</title>").format(tip) if tip else escape("")
