"""The gain of silver on gold, and the decision of the regimen auto, as a section of the page."""

from __future__ import annotations

from dataclasses import dataclass

from vermeil.studies.format import f1, number, points, regimen_name
from vermeil.studies.results.cell import CellResult, SilverGainRecord
from vermeil.studies.results.study import StudyResults


@dataclass(frozen=True, slots=True)
class SilverGainRow:
    """The measurement of one cell, as texts."""

    cell: str
    gold_only: str
    with_silver: str
    gain: str
    decision: str


@dataclass(frozen=True, slots=True)
class SilverGainView:
    """The measurements of all cells of the regimen auto.

    Args:
        used: number of cells that use silver.
        cells: number of cells with a measurement.
        rows: the cells.
    """

    used: int
    cells: int
    rows: list[SilverGainRow]


def silver_gain_view(results: StudyResults) -> SilverGainView | None:
    """Return the measurements; None if no cell has one."""
    measured = [(c, c.silver_gain) for c in results.cells if c.silver_gain is not None]
    if not measured:
        return None
    several = len({(cell.budget, cell.sizes, cell.regimen) for cell, _ in measured}) > 1
    used = sum(record.silver_used for _, record in measured)
    rows = [_row(_name(cell, several=several), record) for cell, record in measured]
    return SilverGainView(used, len(rows), rows)


def _name(cell: CellResult, *, several: bool) -> str:
    seed = f"seed {cell.seed}"
    if not several:
        return seed
    size = number(cell.gold_documents)
    return f"{regimen_name(cell.regimen)}, {size} gold, {cell.budget}, {seed}"


def _row(name: str, record: SilverGainRecord) -> SilverGainRow:
    gain = record.gain
    difference, low, high = (
        points(value, signed=True) for value in (gain.difference, gain.low, gain.high)
    )
    return SilverGainRow(
        name,
        f1(record.gold_only),
        f1(record.with_silver),
        f"{difference} [{low}, {high}]",
        "silver used" if record.silver_used else "gold only",
    )
