"""The gain of silver on gold, and the decision of the regimen auto, as a section of the page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from vermeil.studies.format import f1, number, points, regimen_name
from vermeil.studies.results.cell import CellResult
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
    measured = [cell for cell in results.cells if cell.silver_gain is not None]
    if not measured:
        return None
    several = len({(cell.budget, cell.sizes, cell.regimen) for cell in measured}) > 1
    rows = list(_rows(measured, several=several))
    used = sum(cell.silver_gain is not None and cell.silver_gain.silver_used for cell in measured)
    return SilverGainView(used, len(rows), rows)


def _rows(cells: Iterable[CellResult], *, several: bool) -> Iterator[SilverGainRow]:
    for cell in cells:
        record = cell.silver_gain
        if record is None:
            continue
        name = f"seed {cell.seed}"
        if several:
            size = number(cell.gold_documents)
            name = f"{regimen_name(cell.regimen)}, {size} gold, {cell.budget}, {name}"
        gain = record.gain
        low, high = (points(end, signed=True) for end in (gain.low, gain.high))
        yield SilverGainRow(
            name,
            f1(record.gold_only),
            f1(record.with_silver),
            f"{points(gain.difference, signed=True)} [{low}, {high}]",
            "silver used" if record.silver_used else "gold only",
        )
