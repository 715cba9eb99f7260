"""Why a regimen wins: what the observations of its cells say together."""

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
"""What a curve follows. ``overconfidence`` is confidence less accuracy over words of gold spans;
``repeated`` and ``corrected`` are the shares of the teacher's wrong words of which the student says
what silver says, and what gold says; the last three are cosines of gradients."""


def mechanism(cells: Sequence[Cell]) -> list[Row]:
    """Return what the observations say, one row per block and observed regimen.

    A row has ``curve``, one entry per moment with the means of `MEASURES`, of F1 by type (`types`)
    and of errors per 100 gold spans by kind (`errors`) over the seeds, and ``turn``, what became of
    single spans between the turn and the end (see `_turn_summary`); None where a regimen has no turn.

    Args:
        cells: finished cells, of which some hold a ``mechanism``.
    """
    found = []
    for (block, regimen), members in group_by_regimen(cells).items():
        observed = [cell["mechanism"] for cell in members if cell.get("mechanism")]
        if observed:
            names = {**block._asdict(), "regimen": regimen, "seeds": len(observed)}
            found.append({**names, "curve": _curve(observed), "turn": _turn_summary(observed)})
    return found


def _curve(observed: Sequence[Mapping[str, Any]]) -> list[Row]:
    """Average moment by moment; seeds have the same moments but for some steps."""
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
    sure = sharp.get("span_confidence"), sharp.get("span_accuracy")
    measured = {
        "f1": _f1(np.sum(tallies, axis=0)) if tallies else 0.0,
        "span_entropy": sharp.get("span_entropy"),
        "overconfidence": None if None in sure else sure[0] - sure[1],
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
    """Return what became of single spans between the turn and the end, summed over the seeds.

    The turn is the last moment before the planned gold share crosses one half for the last time:
    with Simple Mix the end of silver. ``kinds`` has, per kind of error, how many were made then and
    how many of them were right at the end (of spurious spans: how many were not made any more);
    ``types`` the same by type; ``right`` how many gold spans were found then, and how many of them
    were lost; ``new`` the spurious spans that only the end has.
    """
    turns = [_turning_point(one["points"]) for one in observed]
    kinds = {kind: [0, 0] for kind in ERROR_KINDS}
    types: dict[str, list[int]] = {}
    right, new, progress = [0, 0], 0, []
    for one, at in zip(observed, turns, strict=True):
        if at is None:
            return None
        progress.append(one["points"][at]["step"] / one["steps"])
        for label, kind, mended in _span_transitions(one["spans"], at):
            rows = [right] if kind == "right" else [kinds[kind], types.setdefault(label, [0, 0])]
            for row in rows:
                row[0] += 1
                row[1] += int(mended)
        new += sum(
            spurious and after and not before
            for _, spurious, before, after in _mistakes(one["spans"], at)
        )
    found = {"kinds": kinds, "types": dict(sorted(types.items())), "right": right, "new": new}
    return {"progress": _mean(progress), **found}


def _turning_point(points: Sequence[Mapping[str, Any]]) -> int | None:
    mostly_gold = [point["planned_share"] > 0.5 for point in points]
    crossings = [i for i, (a, b) in enumerate(pairwise(mostly_gold)) if a != b]
    return crossings[-1] if crossings else None


def _span_transitions(spans: Mapping[str, Any], turn: int) -> Iterator[tuple[str, str, bool]]:
    """Yield label, kind of error or ``right``, and whether that had changed at the end.

    Of a gold span that was wrong, whether it was right at the end; of one that was right, whether
    it was lost; of a spurious span, whether it was gone. Spans that are wrong in place of a gold
    one are not counted twice.
    """
    kind_of = {letter: kind or "right" for kind, letter in LETTERS.items()}
    labels = _labels(spans["gold"])
    then, end = spans["found"][turn], spans["found"][-1]
    for label, before, after in zip(labels, then, end, strict=True):
        kind = kind_of[before]
        yield label, kind, (after != ".") if kind == "right" else after == "."
    for label, spurious, before, after in _mistakes(spans, turn):
        if spurious and before:
            yield label, "spurious", not after


def _mistakes(spans: Mapping[str, Any], turn: int) -> Iterator[tuple[str, bool, bool, bool]]:
    """Yield label, whether it is spurious, and whether it was said then and at the end."""
    strings = (spans["spurious"], spans["said"][turn], spans["said"][-1])
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
