"""Cost frontier as a section of the page: learning curve, costs and recommended purchase."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from vermeil.evaluation.learning_curve import Curves
from vermeil.studies.format import f1, number, regimen_name
from vermeil.studies.plan import curve_sentences, purchase_sentences
from vermeil.studies.report.svg import Drawing, Scale, ticks
from vermeil.studies.results.frontier import FrontierRecord, PriceRecord

_SIZE = (420, 270)
_LEVELS = 6


@dataclass(frozen=True, slots=True)
class SizeView:
    """Measured and fitted F1 at one size."""

    gold: str
    silver: str
    f1: str
    fitted: str


@dataclass(frozen=True, slots=True)
class SpendingView:
    """Best division of a sum of money."""

    cost: str
    gold: str
    silver: str
    f1: str
    range: str


@dataclass(frozen=True, slots=True)
class FrontierView:
    """Cost frontier: sentences, charts and tables."""

    name: str
    answer: list[str]
    sentences: list[str]
    plane: Markup
    line: Markup | None
    rows: list[SizeView]
    spending: list[SpendingView]
    currency: str
    prices: PriceRecord | None


def frontier_view(record: FrontierRecord | None) -> FrontierView | None:
    """Return the section; None if the study has too few data sizes.

    Args:
        record: the record of `vermeil.studies.statistics.frontier.frontier_record`.
    """
    if record is None:
        return None
    return FrontierView(
        name=regimen_name(record.regimen),
        answer=purchase_sentences(record),
        sentences=curve_sentences(record),
        plane=plane_chart(record),
        line=line_chart(record) if record.line else None,
        rows=[
            SizeView(number(size.gold), number(size.silver), f1(size.f1), f1(size.fitted))
            for size in record.sizes
        ],
        spending=[
            SpendingView(
                cost=f"{record.currency}{point.cost:,.2f}",
                gold=number(point.gold),
                silver=number(point.silver),
                f1=f1(point.f1),
                range=f"{f1(point.interval[0])} to {f1(point.interval[1])}",
            )
            for point in record.line[::3]
        ],
        currency=record.currency,
        prices=record.prices,
    )


def plane_chart(record: FrontierRecord) -> Markup:
    """Draw lines of equal F1 over silver and gold, and lines of equal cost if prices are known.

    Args:
        record: the record of the frontier.
    """
    curve, sizes = _curve(record), record.sizes
    golds, silvers = [size.gold for size in sizes], [size.silver for size in sizes]
    most_gold, most_silver = 1.25 * max(golds), 1.1 * max(silvers)
    drawing = Drawing(
        *_SIZE, f"F1 over {number(max(silvers))} silver and {number(max(golds))} gold"
    )
    across = Scale(0, most_silver, 46, _SIZE[0] - 40)
    up = Scale(0, most_gold, _SIZE[1] - 34, 8)
    _axes(drawing, across, up, ("silver documents", "gold documents"))
    prices = record.prices
    if prices:
        _equal_cost(drawing, (across, up), prices, record.currency)
    fitted = [size.fitted for size in sizes]
    for level in ticks(min(fitted), max(fitted), _LEVELS):
        silver = np.linspace(0, most_silver, 60)
        gold = curve.gold_needed(level, silver)
        inside = (gold >= 0) & (gold <= most_gold)
        points = [(across(x), up(y)) for x, y in zip(silver[inside], gold[inside], strict=True)]
        drawing.curve(points, "equal-f1")
        if len(points) > 1 and points[-1][0] - points[0][0] > 60:
            x, y = points[len(points) // 2]
            drawing.text((x, y + 3), f1(level), "tick level", "middle")
    for size in sizes:
        centre = across(size.silver), up(size.gold)
        drawing.dot(centre, 3.4, "seed", f"{size.gold} + {size.silver}: {f1(size.f1)}")
    return drawing.svg()


def line_chart(record: FrontierRecord) -> Markup:
    """Draw the best expected F1 over the cost (log scale), with its 95 % band.

    Args:
        record: the record of the frontier, with prices.
    """
    line = record.line
    costs = [np.log10(point.cost) for point in line]
    low = min(point.interval[0] for point in line)
    high = max(point.interval[1] for point in line)
    ends = [f"{record.currency}{point.cost:.4g}: {f1(point.f1)}" for point in (line[0], line[-1])]
    drawing = Drawing(*_SIZE, f"Best F1 for {ends[0]}; for {ends[1]}")
    across = Scale(costs[0], costs[-1], 46, _SIZE[0] - 40)
    up = Scale(max(0.0, low - 0.02), min(1.0, high + 0.02), _SIZE[1] - 34, 8)
    for tick in ticks(up.low, up.high):
        drawing.line((across.start, up(tick)), (across.end, up(tick)), "grid")
        drawing.text((across.start - 5, up(tick) + 4), f1(tick), "tick", "end")
    for cost in _cost_ticks(line[0].cost, line[-1].cost):
        text = f"{record.currency}{cost:,.10g}"
        drawing.text((across(np.log10(cost)), up.start + 14), text, "tick", "middle")
    drawing.line((across.start, up.start), (across.end, up.start), "axis")
    band = [
        [(across(x), up(point.interval[end])) for x, point in zip(costs, line, strict=True)]
        for end in (0, 1)
    ]
    drawing.shape([*band[1], *reversed(band[0])], "band")
    points = [(across(x), up(point.f1)) for x, point in zip(costs, line, strict=True)]
    drawing.curve(points, "observed gold-line")
    drawing.text(((across.start + across.end) / 2, _SIZE[1] - 4), "cost", "tick", "middle")
    return drawing.svg()


def _axes(drawing: Drawing, x_scale: Scale, y_scale: Scale, names: tuple[str, str]) -> None:
    for tick in ticks(0, x_scale.high, 5):
        drawing.text((x_scale(tick), y_scale.start + 14), number(tick), "tick", "middle")
    for tick in ticks(0, y_scale.high, 5):
        drawing.line((x_scale.start, y_scale(tick)), (x_scale.end, y_scale(tick)), "grid")
        drawing.text((x_scale.start - 5, y_scale(tick) + 4), number(tick), "tick", "end")
    drawing.line((x_scale.start, y_scale.start), (x_scale.end, y_scale.start), "axis")
    drawing.text(((x_scale.start + x_scale.end) / 2, _SIZE[1] - 4), names[0], "tick", "middle")
    drawing.text((x_scale.start + 4, y_scale.end + 6), names[1], "tick")


def _equal_cost(
    drawing: Drawing, scales: tuple[Scale, Scale], prices: PriceRecord, currency: str
) -> None:
    across, up = scales
    highest = up.high * prices.gold + across.high * prices.silver
    for money in ticks(0, highest, 6)[1:]:
        gold, silver = money / prices.gold, 0.0
        if gold > up.high:
            gold, silver = up.high, (money - up.high * prices.gold) / prices.silver
        end_silver, end_gold = money / prices.silver, 0.0
        if end_silver > across.high:
            end_gold = (money - across.high * prices.silver) / prices.gold
            end_silver = across.high
        start = across(silver), up(gold)
        drawing.line(start, (across(end_silver), up(end_gold)), "equal-cost")
        drawing.text((across.end + 4, up(end_gold) + 3), f"{currency}{money:,.10g}", "tick quiet")


def _cost_ticks(low: float, high: float) -> list[float]:
    powers = range(int(np.floor(np.log10(low))), int(np.ceil(np.log10(high))) + 1)
    sums = [m * 10.0**power for power in powers for m in (1, 3)]
    return [money for money in sums if low <= money <= high]


def _curve(record: FrontierRecord) -> Curves:
    curve = record.curve
    values = (curve.asymptote, curve.scale, curve.decay, curve.worth, curve.returns)
    asymptote, scale, decay, worth, returns = (np.array([value]) for value in values)
    return Curves(asymptote, scale, decay, worth, returns, curve.unit)
