"""Statistics over the observations of cells, to explain differences between regimens."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from vermeil.studies.cells.span_outcomes import LETTERS
from vermeil.studies.format import ERROR_KINDS
from vermeil.studies.statistics.compare import Cell, group_by_regimen

Row = dict[str, Any]
Values = Mapping[str, float | None]

MEASURES = (
    "f1",
    "span_entropy",
    "overconfidence",
    "clean_loss",
    "noisy_loss",
    "repeated",
    "corrected",
    "gold_silver",
    "gold_dev",
    "silver_dev",
)
"""Values of a curve.

``overconfidence`` is confidence minus accuracy over words of gold spans. ``repeated`` and
``corrected`` are the shares of the teacher's wrong words that the student predicts as in silver,
and as in gold. The last three are cosines of gradients."""


def mechanism(cells: Sequence[Cell]) -> list[Row]:
    """Return one row per block and observed regimen.

    ``curve`` of a row has one entry per measurement, with means over the seeds: `MEASURES`, F1 by
    type (``types``), and errors per 100 gold spans by kind (``errors``). ``turn`` counts the
    outcomes of single spans between the turn and the end of training (see `_turn_summary`); it is
    None for a regimen without a turn.

    Args:
        cells: finished cells; those with a ``mechanism`` are used.
    """
    rows = []
    for (block, regimen), members in group_by_regimen(cells).items():
        observed = [cell["mechanism"] for cell in members if cell.get("mechanism")]
        if observed:
            names = {**block._asdict(), "regimen": regimen, "seeds": len(observed)}
            rows.append({**names, "curve": _curve(observed), "turn": _turn_summary(observed)})
    return rows


def _curve(observed: Sequence[Mapping[str, Any]]) -> list[Row]:
    """Average over the seeds, measurement by measurement; their steps can differ slightly."""
    shortest = min(len(one["points"]) for one in observed)
    return [
        {
            "progress": _mean([one["points"][i]["step"] / one["steps"] for one in observed]),
            "planned_share": _mean([one["points"][i]["planned_share"] for one in observed]),
            **_means([_measured(one["points"][i]) for one in observed]),
            "types": _means([_types(one["points"][i]) for one in observed]),
            "errors": _means([_errors(one["points"][i]) for one in observed]),
        }
        for i in range(shortest)
    ]


def _measured(point: Mapping[str, Any]) -> Values:
    tallies = list(point["per_label"].values())
    sharp, gradients = point["sharpness"], point.get("gradients") or {}
    silver = point.get("silver") or {}
    pairs = np.array(list((silver.get("pairs") or {}).values()) or [[0, 0, 0]]).sum(axis=0)
    confidence, accuracy = sharp.get("span_confidence"), sharp.get("span_accuracy")
    known = confidence is not None and accuracy is not None
    measured = {
        "f1": _f1(np.sum(tallies, axis=0)) if tallies else 0.0,
        "span_entropy": sharp.get("span_entropy"),
        "overconfidence": confidence - accuracy if known else None,
        "clean_loss": (silver.get("clean_spans") or {}).get("loss"),
        "noisy_loss": (silver.get("noisy") or {}).get("loss"),
        "repeated": float(pairs[1] / pairs[0]) if pairs[0] else None,
        "corrected": float(pairs[2] / pairs[0]) if pairs[0] else None,
    }
    return measured | {name: gradients.get(name) for name in MEASURES[-3:]}


def _types(point: Mapping[str, Any]) -> Values:
    return {label: _f1(tally) for label, tally in point["per_label"].items()}


def _errors(point: Mapping[str, Any]) -> Values:
    gold = sum(tally[2] for tally in point["per_label"].values())
    counted = point["errors"].values()
    return {
        kind: 100 * sum(kinds.get(kind, 0) for kinds in counted) / gold if gold else None
        for kind in ERROR_KINDS
    }


def _turn_summary(observed: Sequence[Mapping[str, Any]]) -> Row | None:
    """Return counts of single spans between the turn and the end, summed over the seeds.

    The turn is the last measurement before the planned gold share crosses one half for the last
    time; with Simple Mix, it is the end of silver. ``kinds`` has two counts per kind of error:
    errors at the turn, and those that were corrected at the end (spurious spans: that were gone).
    ``types`` has the same counts by type. ``right`` has the gold spans found at the turn, and those
    that were lost at the end. ``new`` counts the spurious spans that only the end has.
    """
    turns = [_turning_point(one["points"]) for one in observed]
    kinds = {kind: [0, 0] for kind in ERROR_KINDS}
    types: dict[str, list[int]] = {}
    right, new, progress = [0, 0], 0, []
    for one, at in zip(observed, turns, strict=True):
        if at is None:
            return None
        progress.append(one["points"][at]["step"] / one["steps"])
        for label, kind, changed in _span_transitions(one["spans"], at):
            rows = [right] if kind == "right" else [kinds[kind], types.setdefault(label, [0, 0])]
            for row in rows:
                row[0] += 1
                row[1] += int(changed)
        new += sum(
            spurious and after and not before
            for _, spurious, before, after in _mistakes(one["spans"], at)
        )
    counts = {"kinds": kinds, "types": dict(sorted(types.items())), "right": right, "new": new}
    return {"progress": _mean(progress), **counts}


def _turning_point(points: Sequence[Mapping[str, Any]]) -> int | None:
    mostly_gold = [point["planned_share"] > 0.5 for point in points]
    crossings = [i for i, (a, b) in enumerate(pairwise(mostly_gold)) if a != b]
    return crossings[-1] if crossings else None


def _span_transitions(spans: Mapping[str, Any], turn: int) -> Iterator[tuple[str, str, bool]]:
    """Yield label, outcome at the turn (kind of error or ``right``), and whether it changed.

    A wrong gold span changes when it is right at the end, a right one when it is lost, and a
    spurious span when it is gone. Wrong predictions that are paired with a gold span count once, as
    the error of that gold span.
    """
    kind_of = {letter: kind or "right" for kind, letter in LETTERS.items()}
    labels = _labels(spans["gold"])
    for label, before, after in zip(labels, spans["found"][turn], spans["found"][-1], strict=True):
        kind = kind_of[before]
        yield label, kind, (after != ".") if kind == "right" else after == "."
    for label, spurious, before, after in _mistakes(spans, turn):
        if spurious and before:
            yield label, "spurious", not after


def _mistakes(spans: Mapping[str, Any], turn: int) -> Iterator[tuple[str, bool, bool, bool]]:
    """Yield label, spurious or not, and whether it was predicted at the turn and at the end."""
    strings = (spans["spurious"], spans["mistakes"][turn], spans["mistakes"][-1])
    for label, *bits in zip(_labels(spans["wrong"]), *strings, strict=True):
        spurious, before, after = (bit == "1" for bit in bits)
        yield label, spurious, before, after


def _labels(numbers: Mapping[str, int]) -> list[str]:
    return [label for label, number in numbers.items() for _ in range(number)]


def _means(rows: Sequence[Values]) -> dict[str, float | None]:
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: _mean([row.get(name) for row in rows]) for name in names}


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return round(float(np.mean(known)), 4) if known else None


def _f1(tally: Any) -> float:
    correct, predicted, gold = tally
    return float(2 * correct / (predicted + gold)) if predicted + gold else 0.0
