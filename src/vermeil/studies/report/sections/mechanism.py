"""Observations of training as a section of the page: sentences, panels and tables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from vermeil.studies.format import ERROR_KINDS, f1, number, plural, regimen_name
from vermeil.studies.report.observation_charts import errors_chart, errors_of, measure_chart
from vermeil.studies.results.statistics import MechanismPoint, MechanismRow, Turn
from vermeil.studies.results.values import Block


@dataclass(frozen=True, slots=True)
class MechanismPanel:
    """Charts of one regimen."""

    name: str
    teacher_errors: Markup | None
    errors: Markup


@dataclass(frozen=True, slots=True)
class EndRow:
    """Measures of one regimen at the end of training, as texts."""

    name: str
    f1: str
    repeated: str
    corrected: str
    losses: list[str]
    sharpness: list[str]
    cosines: list[str]


@dataclass(frozen=True, slots=True)
class TurnRow:
    """Outcomes of spans between the turn and the end of training, as texts."""

    name: str
    progress: str
    kinds: list[str]
    types: str
    lost: str
    new: str


@dataclass(frozen=True, slots=True)
class MechanismView:
    """Observations of one block."""

    block: Block
    scope: str
    sentences: list[str]
    panels: list[MechanismPanel]
    has_teacher_errors: bool
    ends: list[EndRow]
    turns: list[TurnRow]


def mechanism_views(
    rows: Sequence[MechanismRow], scope_of: Callable[[Block], str] | None = None
) -> list[MechanismView]:
    """Return one view per block with observations.

    Args:
        rows: rows of `vermeil.studies.statistics.mechanism.mechanism`.
        scope_of: returns the name of a block for readers.
    """
    blocks: dict[Block, list[MechanismRow]] = {}
    for row in rows:
        blocks.setdefault(row.block, []).append(row)
    return [
        _view(block, scope_of(block) if scope_of else "", members)
        for block, members in blocks.items()
    ]


def mechanism_sentences(row: MechanismRow) -> list[str]:
    """Return the observations of one regimen as sentences."""
    name, end = regimen_name(row.regimen), row.curve[-1]
    turn = row.turn
    if turn is None:
        if end.repeated is None:
            return []
        return [
            f"{name}: at the end, the students repeat {_share(end.repeated)} of the teacher’s "
            f"wrong words and correct {_share(end.corrected)}."
        ]
    sentences = []
    kinds = [turn.kinds.get(kind, (0, 0)) for kind in ERROR_KINDS]
    wrong, corrected = (sum(pair[i] for pair in kinds) for i in (0, 1))
    found, lost = turn.right
    if wrong and found:
        sentences.append(
            f"{name}: of {plural(wrong, 'error')} on dev at the turn, {_percent(corrected, wrong)} "
            f"were corrected at the end; of {plural(found, 'correct span')}, "
            f"{_percent(lost, found)} were lost."
        )
    return sentences + _noise_sentences(row, name)


def _noise_sentences(row: MechanismRow, name: str) -> list[str]:
    before, end = _at_turn(row), row.curve[-1]
    if before is None or before.repeated is None:
        return []
    return [
        f"{name}: of the teacher’s wrong words, the students repeated {_share(before.repeated)} "
        f"at the turn and {_share(end.repeated)} at the end; they corrected "
        f"{_share(before.corrected)} at the turn and {_share(end.corrected)} at the end."
    ]


def _at_turn(row: MechanismRow) -> MechanismPoint | None:
    turn = row.turn
    if turn is None:
        return None
    return min(row.curve, key=lambda point: abs(point.progress - turn.progress))


def _view(block: Block, scope: str, members: Sequence[MechanismRow]) -> MechanismView:
    high = max(
        sum(errors_of(point, kind) for kind in ERROR_KINDS)
        for row in members
        for point in row.curve
    )
    return MechanismView(
        block=block,
        scope=scope,
        sentences=[text for row in members for text in mechanism_sentences(row)],
        panels=[
            MechanismPanel(
                regimen_name(row.regimen),
                _noise_chart(row),
                errors_chart(regimen_name(row.regimen), row.curve, high),
            )
            for row in members
        ],
        has_teacher_errors=any(row.curve[-1].repeated is not None for row in members),
        ends=[_end_row(row) for row in members],
        turns=[_turn_row(row.regimen, row.turn) for row in members if row.turn is not None],
    )


def _noise_chart(row: MechanismRow) -> Markup | None:
    curve = row.curve
    if curve[-1].repeated is None:
        return None
    turn = row.turn
    return measure_chart(
        f"The teacher’s wrong words, {regimen_name(row.regimen)}",
        {
            "silver-line": [(p.progress, p.repeated or 0.0) for p in curve],
            "gold-line": [(p.progress, p.corrected or 0.0) for p in curve],
        },
        None if turn is None else turn.progress,
    )


def _end_row(row: MechanismRow) -> EndRow:
    end, curve = row.curve[-1], row.curve
    later = curve[len(curve) // 2 :]
    cosines = [
        [point.gold_silver for point in later],
        [point.gold_dev for point in later],
        [point.silver_dev for point in later],
    ]
    return EndRow(
        name=regimen_name(row.regimen),
        f1=f1(end.f1),
        repeated=_share(end.repeated),
        corrected=_share(end.corrected),
        losses=[_number(end.clean_loss), _number(end.noisy_loss)],
        sharpness=[_number(end.span_entropy), _number(end.overconfidence, signed=True)],
        cosines=[_number(_mean(values)) for values in cosines],
    )


def _turn_row(regimen: str, turn: Turn) -> TurnRow:
    found, lost = turn.right
    return TurnRow(
        name=regimen_name(regimen),
        progress=f"{round(100 * turn.progress)}\N{NO-BREAK SPACE}%",
        kinds=[_share_of(*turn.kinds.get(kind, (0, 0))) for kind in ERROR_KINDS],
        types=", ".join(f"{label} {_percent(b, a)}" for label, (a, b) in turn.types.items()),
        lost=_share_of(found, lost),
        new=number(turn.new),
    )


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
