"""Small multiples of one block: types, errors, confusion, schedules and learning curves."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from vermeil.studies.format import ERROR_KINDS, REGIMEN_MEANINGS, number, regimen_name
from vermeil.studies.report import charts
from vermeil.studies.report.heat_table import HeatTable, heat_table
from vermeil.studies.results.cell import CellResult, Exposure, GoldShares

CellsByRegimen = Mapping[str, Sequence[CellResult]]


@dataclass(frozen=True, slots=True)
class TypePanel:
    """Scores of one type by regimen."""

    label: str
    support: str
    chart: Markup


@dataclass(frozen=True, slots=True)
class ErrorView:
    """Mean number of errors of one regimen, one text per kind."""

    name: str
    cells: list[str]


@dataclass(frozen=True, slots=True)
class ConfusionView:
    """Confusion of one regimen."""

    name: str
    table: HeatTable


@dataclass(frozen=True, slots=True)
class SharesAndExposure:
    """Gold share as planned and realised, and passes over an example of each origin."""

    planned: str
    realised: str
    gold: str
    silver: str


@dataclass(frozen=True, slots=True)
class SchedulePanel:
    """Gold share of one regimen over training."""

    name: str
    meaning: str
    spent: SharesAndExposure
    chart: Markup


@dataclass(frozen=True, slots=True)
class CurvePanel:
    """Learning curves of one regimen."""

    name: str
    chart: Markup


@dataclass(frozen=True, slots=True)
class BlockPanels:
    """Small multiples of one block."""

    types: list[TypePanel]
    errors: list[ErrorView]
    confusion: ConfusionView | None
    schedules: list[SchedulePanel]
    losses: list[CurvePanel]
    dev_curves: list[CurvePanel]


def block_panels(
    regimens: Sequence[str], cells_by_regimen: CellsByRegimen, score: str
) -> BlockPanels:
    """Return bars per type, errors, confusion, schedules and learning curves of one block.

    Args:
        regimens: the scored regimens, best first.
        cells_by_regimen: the block's cells by regimen, in the order of the configuration.
        score: ``test`` or ``dev``.
    """
    return BlockPanels(
        types=_types(regimens, cells_by_regimen, score),
        errors=[
            row for name in regimens for row in _errors(name, cells_by_regimen.get(name, ()), score)
        ],
        confusion=_confusion(regimens, cells_by_regimen, score),
        schedules=_schedules(cells_by_regimen),
        losses=_curves(
            cells_by_regimen, lambda cell: [(p.step, p.loss) for p in cell.curve], "loss"
        ),
        dev_curves=_curves(
            cells_by_regimen, lambda cell: [(p.step, p.f1) for p in cell.dev_curve], "dev F1"
        ),
    )


def _types(
    regimens: Sequence[str], cells_by_regimen: CellsByRegimen, score: str
) -> list[TypePanel]:
    values: dict[str, dict[str, list[float]]] = {}
    support: dict[str, int] = {}
    for regimen in regimens:
        for cell in cells_by_regimen.get(regimen, ()):
            scores_of_cell = cell.score(score)
            for label, one in (scores_of_cell.per_label if scores_of_cell else {}).items():
                values.setdefault(label, {}).setdefault(regimen, []).append(one.f1)
                support[label] = max(support.get(label, 0), one.support)
    types = []
    for label in sorted(values, key=lambda name: (-support[name], name)):
        scores = [
            (
                regimen,
                statistics.fmean(per_seed),
                statistics.stdev(per_seed) if len(per_seed) > 1 else None,
            )
            for regimen, per_seed in values[label].items()
        ]
        types.append(TypePanel(label, number(support[label]), charts.type_chart(label, scores)))
    return types


def _confusion(
    regimens: Sequence[str], cells_by_regimen: CellsByRegimen, score: str
) -> ConfusionView | None:
    """Return the confusion of the best regimen, summed over its seeds."""
    best = next((name for name in regimens if name != "ceiling"), None)
    if best is None:
        return None
    sums: dict[tuple[str, str], int] = {}
    labels: dict[str, None] = {}
    for cell in cells_by_regimen.get(best, ()):
        scores = cell.score(score)
        if scores is None:
            continue
        labels |= dict.fromkeys(scores.per_label)
        for gold, predicted, n in scores.confusion:
            sums[gold, predicted] = sums.get((gold, predicted), 0) + n
    table = heat_table([(*pair, n) for pair, n in sums.items()], list(labels))
    return None if table is None else ConfusionView(regimen_name(best), table)


def _errors(regimen: str, members: Sequence[CellResult], score: str) -> Iterator[ErrorView]:
    """Yield the mean number of errors of each kind; nothing for old cells without errors."""
    scores = [cell.score(score) for cell in members]
    known = [one.errors for one in scores if one is not None and one.errors]
    if known:
        sums = [
            statistics.fmean(
                sum(kinds.get(kind, 0) for kinds in errors.values()) for errors in known
            )
            for kind in ERROR_KINDS
        ]
        yield ErrorView(regimen_name(regimen), [number(value) for value in sums])


def _schedules(cells_by_regimen: CellsByRegimen) -> list[SchedulePanel]:
    schedules = []
    for regimen, members in cells_by_regimen.items():
        plan = members[0].plan
        if regimen == "ceiling" or not plan.realised:
            continue
        schedules.append(
            SchedulePanel(
                name=regimen_name(regimen),
                meaning=REGIMEN_MEANINGS.get(regimen, ""),
                spent=_shares_and_exposure(plan, members[0].exposure),
                chart=charts.schedule_chart(regimen_name(regimen), plan),
            )
        )
    return schedules


def _shares_and_exposure(plan: GoldShares, exposure: Mapping[str, Exposure]) -> SharesAndExposure:
    planned, realised = (
        f"{100 * statistics.fmean(shares):.1f}" for shares in (plan.planned, plan.realised)
    )
    return SharesAndExposure(
        planned=f"{planned}\N{NO-BREAK SPACE}%",
        realised=f"{realised}\N{NO-BREAK SPACE}%",
        gold=_times_seen(exposure.get("gold")),
        silver=_times_seen(exposure.get("silver")),
    )


def _times_seen(seen: Exposure | None) -> str:
    if seen is None:
        return "–"
    low, high = seen.least, seen.most
    times = f"{low}" if low == high else f"{low} to {high}"
    return f"{times}\N{NO-BREAK SPACE}×" if high else "never"


def _curves(
    cells_by_regimen: CellsByRegimen,
    curve_of: Callable[[CellResult], Sequence[tuple[int, float]]],
    unit: str,
) -> list[CurvePanel]:
    lines: dict[str, list[tuple[list[float], list[float]]]] = {}
    for regimen, members in cells_by_regimen.items():
        for cell in members:
            curve = curve_of(cell)
            if curve:
                one = ([float(step) for step, _ in curve], [value for _, value in curve])
                lines.setdefault(regimen, []).append(one)
    if not lines:
        return []
    every = [v for of_regimen in lines.values() for _, values in of_regimen for v in values]
    longest = max(s for of_regimen in lines.values() for steps, _ in of_regimen for s in steps)
    # The quantile keeps the scale readable when the first steps have extreme values.
    extent = charts.Extent(
        steps=longest,
        low=min(0.0, *every) if unit == "loss" else min(every),
        high=sorted(every)[int(0.99 * (len(every) - 1))],
    )
    return [
        CurvePanel(
            regimen_name(regimen),
            charts.curve_chart(regimen_name(regimen), of_regimen, extent, unit),
        )
        for regimen, of_regimen in lines.items()
    ]
