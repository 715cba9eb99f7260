"""Judging of silver as a section of the page, for cells of the regimen auto."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev

from markupsafe import Markup

from vermeil.studies.format import f1, number, spread
from vermeil.studies.report.charts import panel_axes, panel_drawing, panel_scales
from vermeil.studies.results.cell import (
    AnnotatorScore,
    CellResult,
    RefinementRecord,
    SignalRecord,
)
from vermeil.studies.results.values import Block
from vermeil.studies.statistics.compare import group_by_regimen

TITLES = {
    "correct": "A teacher label is correct",
    "missed": "The teacher missed a label",
}
"""Outcomes that the judge predicts, as titles."""


@dataclass(frozen=True, slots=True)
class AnnotatorView:
    """Scores of one annotator on gold: overall, and a text per label."""

    name: str
    f1: str
    labels: list[str]


@dataclass(frozen=True, slots=True)
class SignalRow:
    """Quality of one signal: AUROC, AUARC and ECE."""

    name: str
    values: list[str]


@dataclass(frozen=True, slots=True)
class SignalView:
    """Quality of all signals of one outcome."""

    title: str
    rows: list[SignalRow]
    chart: Markup


@dataclass(frozen=True, slots=True)
class RefinementView:
    """Judging of silver in one block."""

    block: Block
    scope: str
    cells: int
    better_than_teacher: int
    changed: str
    documents: str
    self_annotated: str
    labels: list[str]
    scores: list[AnnotatorView]
    signals: list[SignalView]


def refinement_views(
    cells: Sequence[CellResult], scope_of: Callable[[Block], str] | None = None
) -> list[RefinementView]:
    """Return one view per block that has cells with judged silver.

    Args:
        cells: the cells of a study.
        scope_of: returns the name of a block for readers.
    """
    blocks: dict[Block, list[RefinementRecord]] = {}
    for (block, _), members in group_by_regimen(cells).items():
        reports = [cell.refinement for cell in members if cell.refinement is not None]
        if reports:
            blocks.setdefault(block, []).extend(reports)
    return [
        _view(block, scope_of(block) if scope_of else "", reports)
        for block, reports in blocks.items()
    ]


def _view(block: Block, scope: str, reports: Sequence[RefinementRecord]) -> RefinementView:
    names = _union(report.gold for report in reports)
    scores = [counts for report in reports for counts in report.gold.values()]
    labels = _union(counts.per_label for counts in scores)
    return RefinementView(
        block=block,
        scope=scope,
        cells=len(reports),
        better_than_teacher=sum(report.better_than_teacher for report in reports),
        changed=number(round(fmean(r.documents["changed"] for r in reports))),
        documents=number(round(fmean(_judged_count(r.documents) for r in reports))),
        self_annotated=_self_annotated(reports),
        labels=labels,
        scores=[_score(name, labels, reports) for name in names],
        signals=[
            SignalView(title, rows, reliability_chart(title, bins))
            for outcome, title in TITLES.items()
            if (rows := _signals(outcome, reports)) and (bins := _bins(outcome, reports))
        ],
    )


def _union(keys: Iterable[Iterable[str]]) -> list[str]:
    """Return all keys, each once, in order of first appearance."""
    return list(dict.fromkeys(key for group in keys for key in group))


def _judged_count(counts: Mapping[str, int]) -> int:
    return counts["written"] - counts.get("self_annotated", 0)


def _self_annotated(reports: Sequence[RefinementRecord]) -> str:
    """Return the mean number of texts annotated by a student; empty if there are none."""
    mean = round(fmean(r.documents.get("self_annotated", 0) for r in reports))
    return number(mean) if mean else ""


def _score(name: str, labels: Sequence[str], reports: Sequence[RefinementRecord]) -> AnnotatorView:
    """Return the scores of one annotator (teacher, student or judge), a value per label."""
    own = [report.gold[name] for report in reports if name in report.gold]
    overall = [counts.overall.f1 for counts in own]
    sd = stdev(overall) if len(overall) > 1 else None
    return AnnotatorView(
        name, spread(fmean(overall), sd), [_label_score(label, own) for label in labels]
    )


def _label_score(label: str, own: Sequence[AnnotatorScore]) -> str:
    values = [c.per_label[label].f1 for c in own if label in c.per_label]
    return f1(fmean(values)) if values else f1(None)


def _signals(outcome: str, reports: Sequence[RefinementRecord]) -> list[SignalRow]:
    signals = [report.signals[outcome] for report in reports]
    rows = []
    for name in _union(signals):
        own: list[SignalRecord] = [one[name] for one in signals if name in one]
        measures = ([s.auroc for s in own], [s.auarc for s in own], [s.ece for s in own])
        rows.append(SignalRow(name, [_mean(values) for values in measures]))
    return rows


def _mean(values: Sequence[float | None]) -> str:
    known = [value for value in values if value is not None]
    return f1(fmean(known)) if known else f1(None)


def _bins(outcome: str, reports: Sequence[RefinementRecord]) -> list[tuple[float, float, int]]:
    """Return mean probability, share of correct items and count of each bin, over all cells."""
    sums: dict[float, list[float]] = {}
    for report in reports:
        judge = report.signals[outcome].get("judge")
        for one in judge.bins if judge else ():
            if one.score is not None and one.correct is not None:
                total = sums.setdefault(one.low, [0.0, 0.0, 0.0])
                total[0] += one.number
                total[1] += one.number * one.score
                total[2] += one.number * one.correct
    return [(s / n, c / n, round(n)) for _, (n, s, c) in sorted(sums.items()) if n]


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
