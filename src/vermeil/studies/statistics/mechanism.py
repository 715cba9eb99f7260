"""Statistics over the observations of cells, to explain differences between regimens."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import TypeVar

import numpy as np

from vermeil.data.counts import ErrorKind
from vermeil.studies.cells.span_outcomes import LETTERS
from vermeil.studies.format import ERROR_KINDS
from vermeil.studies.results.cell import CellResult
from vermeil.studies.results.observation import Observation, ObservationPoint, OutcomeStrings
from vermeil.studies.results.statistics import MechanismPoint, MechanismRow, Turn
from vermeil.studies.results.values import Tally, sum_tallies, tally_f1
from vermeil.studies.statistics.compare import group_by_regimen

_Name = TypeVar("_Name", bound=str)


def mechanism(cells: Sequence[CellResult]) -> list[MechanismRow]:
    """Return one row per block and observed regimen.

    ``curve`` of a row has one point per measurement, with means over the seeds: F1 by type
    (``types``), errors per 100 gold spans by kind (``errors``) and further values.
    ``overconfidence`` is confidence minus accuracy over words of gold spans. ``repeated`` and
    ``corrected`` are the shares of the teacher's wrong words that the student predicts as in
    silver, and as in gold. ``gold_silver``, ``gold_dev`` and ``silver_dev`` are cosines of
    gradients. ``turn`` counts the outcomes of single spans between the turn and the end of training
    (see `_turn_summary`); it is None for a regimen without a turn.

    Args:
        cells: finished cells; those with a ``mechanism`` are used.
    """
    rows = []
    for (block, regimen), members in group_by_regimen(cells).items():
        observed = [cell.mechanism for cell in members if cell.mechanism is not None]
        if observed:
            rows.append(
                MechanismRow(
                    *block,
                    regimen=regimen,
                    seeds=len(observed),
                    curve=_curve(observed),
                    turn=_turn_summary(observed),
                )
            )
    return rows


def _curve(observed: Sequence[Observation]) -> tuple[MechanismPoint, ...]:
    """Average over the seeds, measurement by measurement; their steps can differ slightly."""
    measurements = zip(*(one.points for one in observed), strict=False)
    steps = [one.steps for one in observed]
    return tuple(_point(points, steps) for points in measurements)


def _point(points: Sequence[ObservationPoint], steps: Sequence[int]) -> MechanismPoint:
    """Return the means over the seeds of one measurement."""
    silver = [point.silver for point in points]
    pairs = [(0, 0, 0) if one is None else sum_tallies(one.pairs.values()) for one in silver]
    return MechanismPoint(
        progress=_known_mean(min(1.0, p.step / n) for p, n in zip(points, steps, strict=True)),
        planned_share=_known_mean(point.planned_share for point in points),
        f1=_known_mean(tally_f1(sum_tallies(point.per_label.values())) for point in points),
        span_entropy=_mean(point.sharpness.span_entropy for point in points),
        overconfidence=_mean(_overconfidence(point) for point in points),
        clean_loss=_mean(None if one is None else one.clean_spans.loss for one in silver),
        noisy_loss=_mean(None if one is None else one.noisy.loss for one in silver),
        repeated=_mean(_pair_share(tally, 1) for tally in pairs),
        corrected=_mean(_pair_share(tally, 2) for tally in pairs),
        gold_silver=_mean(point.gradients.get("gold_silver") for point in points),
        gold_dev=_mean(point.gradients.get("gold_dev") for point in points),
        silver_dev=_mean(point.gradients.get("silver_dev") for point in points),
        types=_means([_types(point) for point in points]),
        errors=_means([_errors(point) for point in points]),
    )


def _overconfidence(point: ObservationPoint) -> float | None:
    confidence, accuracy = point.sharpness.span_confidence, point.sharpness.span_accuracy
    return None if confidence is None or accuracy is None else confidence - accuracy


def _pair_share(tally: Tally, index: int) -> float | None:
    """Return the share of the teacher's wrong words; None if there are none."""
    return tally[index] / tally[0] if tally[0] else None


def _types(point: ObservationPoint) -> dict[str, float | None]:
    return {label: tally_f1(tally) for label, tally in point.per_label.items()}


def _errors(point: ObservationPoint) -> dict[ErrorKind, float | None]:
    gold = sum(tally[2] for tally in point.per_label.values())
    counted = point.errors.values()
    return {
        kind: 100 * sum(kinds.get(kind, 0) for kinds in counted) / gold if gold else None
        for kind in ERROR_KINDS
    }


def _turn_summary(observed: Sequence[Observation]) -> Turn | None:
    """Return counts of single spans between the turn and the end, summed over the seeds.

    The turn is the last measurement before the planned gold share crosses one half for the last
    time; with Simple Mix, it is the end of silver. ``kinds`` has two counts per kind of error:
    errors at the turn, and those that were corrected at the end (spurious spans: that were gone).
    ``types`` has the same counts by type. ``right`` has the gold spans found at the turn, and those
    that were lost at the end. ``new`` counts the spurious spans that only the end has.
    """
    turns = [_turning_point(one.points) for one in observed]
    transitions: list[tuple[str, ErrorKind | None, bool]] = []
    new, progress = 0, []
    for one, at in zip(observed, turns, strict=True):
        if at is None:
            return None
        progress.append(min(1.0, one.points[at].step / one.steps))
        transitions += _span_transitions(one.spans, at)
        new += sum(
            spurious and after and not before
            for _, spurious, before, after in _mistakes(one.spans, at)
        )
    wrong = [(label, kind, changed) for label, kind, changed in transitions if kind is not None]
    labels = sorted({label for label, _, _ in wrong})
    return Turn(
        progress=_known_mean(progress),
        kinds={kind: _changes(c for _, found, c in wrong if found == kind) for kind in ERROR_KINDS},
        types={label: _changes(c for own, _, c in wrong if own == label) for label in labels},
        right=_changes(changed for _, kind, changed in transitions if kind is None),
        new=new,
    )


def _changes(changed: Iterable[bool]) -> tuple[int, int]:
    """Return the number of outcomes, and of those that changed."""
    outcomes = list(changed)
    return len(outcomes), sum(outcomes)


def _turning_point(points: Sequence[ObservationPoint]) -> int | None:
    mostly_gold = [point.planned_share > 0.5 for point in points]
    crossings = [i for i, (a, b) in enumerate(pairwise(mostly_gold)) if a != b]
    return crossings[-1] if crossings else None


def _span_transitions(
    spans: OutcomeStrings, turn: int
) -> Iterator[tuple[str, ErrorKind | None, bool]]:
    """Yield label, kind of error at the turn (None: right), and whether the outcome changed.

    A wrong gold span changes when it is right at the end, a right one when it is lost, and a
    spurious span when it is gone. Wrong predictions that are paired with a gold span count once, as
    the error of that gold span.
    """
    kind_of = {letter: kind for kind, letter in LETTERS.items()}
    labels = _labels(spans.gold)
    for label, before, after in zip(labels, spans.found[turn], spans.found[-1], strict=True):
        yield label, kind_of[before], (after != ".") if before == "." else after == "."
    for label, is_spurious, was_made, is_made in _mistakes(spans, turn):
        if is_spurious and was_made:
            yield label, "spurious", not is_made


def _mistakes(spans: OutcomeStrings, turn: int) -> Iterator[tuple[str, bool, bool, bool]]:
    """Yield label, spurious or not, and whether it was predicted at the turn and at the end."""
    strings = (spans.spurious, spans.mistakes[turn], spans.mistakes[-1])
    for label, *bits in zip(_labels(spans.wrong), *strings, strict=True):
        spurious, before, after = (bit == "1" for bit in bits)
        yield label, spurious, before, after


def _labels(numbers: Mapping[str, int]) -> list[str]:
    return [label for label, number in numbers.items() for _ in range(number)]


def _means(rows: Sequence[Mapping[_Name, float | None]]) -> dict[_Name, float | None]:
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: _mean(row.get(name) for row in rows) for name in names}


def _mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return _known_mean(known) if known else None


def _known_mean(values: Iterable[float]) -> float:
    return round(float(np.mean(list(values))), 4)
