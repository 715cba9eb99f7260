"""Confusion of gold and predicted labels as a table with shares."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from vermeil.studies.format import number


@dataclass(frozen=True, slots=True)
class HeatCell:
    """One cell: count, share of the row, strength of the colour, and right, wrong or none."""

    n: str
    share: str
    strength: str
    kind: str


@dataclass(frozen=True, slots=True)
class HeatRow:
    """A gold label with its cells, one per predicted label."""

    label: str
    cells: list[HeatCell]


@dataclass(frozen=True, slots=True)
class HeatTable:
    """Confusion as a table."""

    columns: list[str]
    rows: list[HeatRow]


def heat_table(
    confusion: Sequence[tuple[str, str, int]], labels: Sequence[str]
) -> HeatTable | None:
    """Return the confusion of gold and predicted labels as a table with shares of each row.

    Args:
        confusion: rows of gold label, predicted label and count; "O" means no label.
        labels: the labels in the order of the table.
    """
    found = {(gold, predicted): n for gold, predicted, n in confusion}
    if not found:
        return None
    known = [*labels, *sorted({kind for pair in found for kind in pair} - {*labels, "O"})]
    columns = [*known, "O"]
    rows = []
    for gold in columns:
        total = sum(found.get((gold, predicted), 0) for predicted in columns)
        rows.append(
            HeatRow(
                gold,
                [
                    _heat_cell(gold, predicted, found.get((gold, predicted), 0), total)
                    for predicted in columns
                ],
            )
        )
    return HeatTable(columns, rows)


def _heat_cell(gold: str, predicted: str, n: int, total: int) -> HeatCell:
    share = n / total if total else 0.0
    # True negatives are not counted, so the row "O" has no shares.
    counted = gold != "O"
    return HeatCell(
        n=number(n) if n else "" if predicted == "O" and not counted else "·",
        share=f"{round(100 * share)} %" if n and counted else "",
        strength=f"{0.85 * share:.2f}" if counted else "0",
        kind="right" if counted and gold == predicted else "wrong" if n else "none",
    )
