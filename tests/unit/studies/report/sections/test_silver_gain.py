"""The section of the page about the gain of silver on gold."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.study_records import cell_record

from vermeil.studies.report.markdown import silver_gain_parts
from vermeil.studies.report.sections.silver_gain import SilverGainRow, silver_gain_view
from vermeil.studies.results.cell import CellResult
from vermeil.studies.results.load import cell_from_record
from vermeil.studies.results.study import StudyResults


def gain(difference: float) -> dict[str, Any]:
    """Return the record of a measurement."""
    interval = {"low": difference - 0.05, "high": difference + 0.05, "p_value": 0.1}
    sizes = {"per_seed": [difference], "groups": 4, "resamples": 100}
    return {
        "with_silver": 0.5 + difference,
        "gold_only": 0.5,
        "gain": {"difference": difference, **interval, **sizes},
        "silver_used": difference >= 0,
    }


def cell(seed: int, difference: float | None, gold: int = 5) -> CellResult:
    """Return a cell, with a measurement or without one."""
    more = {} if difference is None else {"silver_gain": gain(difference)}
    sizes = {"gold_documents": gold, "silver_documents": 40, "sizes": [gold, 40]}
    return cell_from_record(cell_record("auto", seed, {}, test=None, **sizes, **more))


def results(*cells: CellResult) -> StudyResults:
    """Return results that hold nothing but these cells."""
    return StudyResults(cells=cells)


def test_every_measured_cell_has_a_row_with_its_decision() -> None:
    view = silver_gain_view(results(cell(0, 0.1), cell(1, -0.104), cell(2, None)))
    assert view is not None
    assert (view.used, view.cells) == (1, 2)
    assert view.rows == [
        SilverGainRow("seed 0", ".500", ".600", "+10.0 [+5.0, +15.0]", "silver used"),
        SilverGainRow("seed 1", ".500", ".396", "−10.4 [−15.4, −5.4]", "gold only"),
    ]
    heading, table = silver_gain_parts(view)
    assert heading == "## Does silver help?"
    assert "| seed 1 | .500 | .396 | −10.4 [−15.4, −5.4] | gold only |" in table.replace("\\", "")


def test_cells_of_several_blocks_are_named_by_size_and_budget() -> None:
    view = silver_gain_view(results(cell(0, 0.1), cell(0, 0.2, gold=1000)))
    assert view is not None
    assert [row.cell for row in view.rows] == [
        "Auto, 5 gold, equal, seed 0",
        "Auto, 1,000 gold, equal, seed 0",
    ]


def test_without_a_measurement_there_is_no_section() -> None:
    assert silver_gain_view(results(cell(0, None))) is None
    assert list(silver_gain_parts(None)) == []


def test_cells_of_earlier_versions_have_no_measurement() -> None:
    assert cell(0, None).silver_gain is None
    assert replace(cell(0, 0.1), silver_gain=None) == cell(0, None)
