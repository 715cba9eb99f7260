"""Observations of training as a section of the page: sentences, panels and tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from vermeil.studies.format import ERROR_KINDS, f1, number, plural, regimen_name
from vermeil.studies.report.observation_charts import errors_chart, measure_chart
from vermeil.studies.statistics.compare import Block, block_of

Row = Mapping[str, Any]
View = dict[str, Any]


def mechanism_views(rows: Sequence[Row]) -> list[View]:
    """Return one view per block with observations.

    Args:
        rows: rows of `vermeil.studies.statistics.mechanism.mechanism`.
    """
    blocks: dict[Block, list[Row]] = {}
    for row in rows:
        blocks.setdefault(block_of(row), []).append(row)
    return [_view(block, members) for block, members in blocks.items()]


def mechanism_sentences(row: Row) -> list[str]:
    """Return the observations of one regimen as sentences."""
    name, end = regimen_name(row["regimen"]), row["curve"][-1]
    turn = row["turn"]
    if turn is None:
        if end["repeated"] is None:
            return []
        return [
            f"{name}: at the end, the students repeat {_share(end['repeated'])} of the teacher’s "
            f"wrong words and correct {_share(end['corrected'])}."
        ]
    sentences = []
    kinds = [turn["kinds"][kind] for kind in ERROR_KINDS]
    wrong, corrected = (sum(pair[i] for pair in kinds) for i in (0, 1))
    found, lost = turn["right"]
    if wrong and found:
        sentences.append(
            f"{name}: of {plural(wrong, 'error')} on dev at the turn, {_percent(corrected, wrong)} "
            f"were corrected at the end; of {plural(found, 'correct span')}, "
            f"{_percent(lost, found)} were lost."
        )
    return sentences + _noise_sentences(row, name)


def _noise_sentences(row: Row, name: str) -> list[str]:
    before, end = _at_turn(row), row["curve"][-1]
    if before is None or before["repeated"] is None:
        return []
    return [
        f"{name}: of the teacher’s wrong words, the students repeated {_share(before['repeated'])} "
        f"at the turn and {_share(end['repeated'])} at the end; they corrected "
        f"{_share(before['corrected'])} at the turn and {_share(end['corrected'])} at the end."
    ]


def _at_turn(row: Row) -> Row | None:
    turn = row["turn"]
    if turn is None:
        return None
    nearest: Row = min(row["curve"], key=lambda point: abs(point["progress"] - turn["progress"]))
    return nearest


def _view(block: Block, members: Sequence[Row]) -> View:
    high = max(sum(point["errors"].values()) for row in members for point in row["curve"])
    return {
        "block": block,
        "sentences": [text for row in members for text in mechanism_sentences(row)],
        "panels": [
            {
                "name": regimen_name(row["regimen"]),
                "teacher_errors": _noise_chart(row),
                "errors": errors_chart(regimen_name(row["regimen"]), row["curve"], high),
            }
            for row in members
        ],
        "has_teacher_errors": any(row["curve"][-1]["repeated"] is not None for row in members),
        "ends": [_end_row(row) for row in members],
        "turns": [_turn_row(row) for row in members if row["turn"] is not None],
    }


def _noise_chart(row: Row) -> Any:
    curve = row["curve"]
    if curve[-1]["repeated"] is None:
        return None
    lines = {"repeated": "silver-line", "corrected": "gold-line"}
    turn = row["turn"]
    return measure_chart(
        f"The teacher’s wrong words, {regimen_name(row['regimen'])}",
        {css: [(p["progress"], p[key]) for p in curve] for key, css in lines.items()},
        None if turn is None else turn["progress"],
    )


def _end_row(row: Row) -> View:
    end, curve = row["curve"][-1], row["curve"]
    later = curve[len(curve) // 2 :]
    cosines = [
        _number(_mean([p[key] for p in later])) for key in ("gold_silver", "gold_dev", "silver_dev")
    ]
    return {
        "name": regimen_name(row["regimen"]),
        "f1": f1(end["f1"]),
        "repeated": _share(end["repeated"]),
        "corrected": _share(end["corrected"]),
        "losses": [_number(end[key]) for key in ("clean_loss", "noisy_loss")],
        "sharpness": [_number(end["span_entropy"]), _number(end["overconfidence"], signed=True)],
        "cosines": cosines,
    }


def _turn_row(row: Row) -> View:
    turn = row["turn"]
    found, lost = turn["right"]
    return {
        "name": regimen_name(row["regimen"]),
        "progress": f"{round(100 * turn['progress'])}\N{NO-BREAK SPACE}%",
        "kinds": [_share_of(*turn["kinds"][kind]) for kind in ERROR_KINDS],
        "types": ", ".join(f"{label} {_percent(b, a)}" for label, (a, b) in turn["types"].items()),
        "lost": _share_of(found, lost),
        "new": number(turn["new"]),
    }


def _share_of(total: int, part: int) -> str:
    return f"{_percent(part, total)} of {number(total)}" if total else "–"


def _percent(part: int, total: int) -> str:
    return f"{round(100 * part / total)}\N{NO-BREAK SPACE}%" if total else "–"


def _share(value: float | None) -> str:
    return "–" if value is None else f"{round(100 * value)}\N{NO-BREAK SPACE}%"


def _number(value: float | None, *, signed: bool = False) -> str:
    if value is None:
        return "–"
    return f"{value:{'+' if signed else ''}.2f}".replace("-", "−")


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None
