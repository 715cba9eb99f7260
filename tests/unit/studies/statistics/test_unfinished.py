"""Students that have not finished learning, in the statistics, the findings and the tables."""

from __future__ import annotations

from typing import Any

import pytest
from rich.console import Console
from tests.study_records import cell_record, split_record

from vermeil.studies.report.findings import findings
from vermeil.studies.report.html import render
from vermeil.studies.report.layout import report_markdown
from vermeil.studies.report.terminal import study_table
from vermeil.studies.results.cell import CellResult
from vermeil.studies.results.load import cell_from_record
from vermeil.studies.results.study import StudyResults
from vermeil.studies.statistics.compare import compare, summarise
from vermeil.studies.statistics.unfinished import cell_state, unfinished_learning

LEARNED = [1.5, 0.5, 0.2, 0.1, 0.06, 0.05, 0.05, 0.05]
FALLING = [2.0, 1.9, 1.8, 1.7, 1.6, 1.5, 1.3, 1.1]


def cell(
    regimen: str, seed: int, correct: int, losses: list[float] = LEARNED, **changes: Any
) -> CellResult:
    """Return a cell with this many correct ones of 400 test items."""
    groups = {f"g{i}": [correct // 10, 40, 40] for i in range(10)}
    curve = [
        {"step": i + 1, "loss": loss, "gold_share": 0.5, "learning_rate": 1e-4}
        for i, loss in enumerate(losses)
    ]
    return cell_from_record(cell_record(regimen, seed, groups, curve=curve, **changes))


def results_of(cells: list[CellResult]) -> StudyResults:
    """Return the results of a study with these cells."""
    return StudyResults(
        cells=tuple(cells),
        summary=tuple(summarise(cells)),
        comparisons=tuple(compare(cells, "gold_only", 100)),
        unfinished=tuple(unfinished_learning(cells)),
    )


def test_a_regimen_near_zero_is_no_winner() -> None:
    cells = [cell(n, s, c) for s in range(3) for n, c in (("gold_only", 0), ("sigmoid", 10))]
    results = results_of(cells)
    assert [(row.regimen, row.seeds, row.cells) for row in results.unfinished] == [
        ("gold_only", (0, 1, 2), 3),
        ("sigmoid", (0, 1, 2), 3),
    ]
    found = findings(results)
    assert found[0].text == (
        "No regimen has learned the task: the highest mean F1 on the test set is .025 ± .000 "
        "(Sigmoid)."
    )
    cautions = [one.text for one in found if one.kind == "caution"]
    assert (
        "Sigmoid in 3 of 3 seeds: not finished learning: the best test F1 is 0.025; try a budget "
        "of 21,000 wordpieces (blending.budget.wordpieces)."
    ) in cautions


@pytest.fixture
def results() -> StudyResults:
    """A study in which one seed of the best regimen still learns."""
    cells = [cell(n, s, c) for s in range(3) for n, c in (("gold_only", 200), ("pooled", 260))]
    return results_of([*cells[:-1], cell("pooled", 2, 260, FALLING)])


def test_an_answer_states_who_has_not_finished(results: StudyResults) -> None:
    [row] = results.unfinished
    assert (row.regimen, row.seeds, row.cells, row.suggested_budget) == ("pooled", (2,), 3, 11000)
    found = findings(results)
    assert found[0].text.startswith("Pooled scored highest on the test set")
    assert found[0].text.endswith(
        "The order can change: students of Pooled have not finished learning."
    )
    assert any("Pooled in 1 of 3 seeds: not finished learning" in one.text for one in found)


def test_page_markdown_and_terminal_show_the_warning(results: StudyResults) -> None:
    page, text = render(results), report_markdown(results)
    assert "! not finished learning" in page
    assert "Pooled, not finished learning" in page
    assert "try a budget of 11,000 wordpieces" in page
    assert "try a budget of 11,000 wordpieces" in text
    console = Console(width=80, color_system=None)
    with console.capture() as capture:
        console.print(study_table(results))
    shown = capture.get()
    assert "Pooled !" in shown
    assert "! not finished learning" in shown


def test_finished_students_have_no_warning() -> None:
    cells = [cell(n, s, c) for s in range(3) for n, c in (("gold_only", 200), ("pooled", 260))]
    results = results_of(cells)
    assert results.unfinished == ()
    assert "not finished" not in render(results)
    assert not any("not finished" in one.text for one in findings(results))


def test_the_dev_curve_counts_before_the_end_score() -> None:
    points = [{"step": i + 1, "f1": 0.1 + 0.08 * i} for i in range(8)]
    rising = cell("pooled", 0, 260, FALLING, dev_curve=points)
    assert "dev F1 still rises" in cell_state(rising).reason
    dev = split_record({"a": [0, 40, 40]})
    assert cell_state(cell("pooled", 0, 260, dev=dev)).reason == "the best dev F1 is 0.000"
