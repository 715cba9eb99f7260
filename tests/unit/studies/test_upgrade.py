"""Results of earlier versions are read under their old names."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.study_records import score_record

from vermeil.errors import DataError
from vermeil.studies.cells.key import is_current_key
from vermeil.studies.config import PlanConfig
from vermeil.studies.finished_cells import read_cell, read_finished_cells, read_study_cells
from vermeil.studies.plan import curve_sentences, plan
from vermeil.studies.report.html import render
from vermeil.studies.results.load import as_record, cell_from_record, results_from_record
from vermeil.studies.results.statistics import Finding, LeakCounts
from vermeil.studies.results.study import StudyResults
from vermeil.studies.statistics.mechanism import mechanism

OLD_VERDICTS = {"significant": "shown", "suggestive": "suggested", "not_significant": "open"}


def page(record: dict[str, Any]) -> str:
    """Return the page of a record."""
    return render(results_from_record(record))


def as_written_before(results: dict[str, Any]) -> dict[str, Any]:
    """Return results with the names of version 0.1."""
    old = copy.deepcopy(results)
    del old["version"]
    for row in old["comparisons"]:
        row["verdict"] = OLD_VERDICTS[row["verdict"]]
    for finding in old["findings"]:
        finding["kind"] = OLD_VERDICTS.get(finding["kind"], finding["kind"])
    for cell in old["cells"]:
        if "mechanism" in cell:
            spans = cell["mechanism"]["spans"]
            spans["said"] = spans.pop("mistakes")
        if "refinement" in cell:
            cell["refinement"]["believed"] = cell["refinement"].pop("better_than_teacher")
    if old.get("frontier"):
        frontier = old["frontier"]
        frontier["misses"] = frontier.pop("leave_one_out_error")
        frontier["curve"]["top"] = frontier["curve"].pop("asymptote")
    return old


def observed(results: dict[str, Any]) -> dict[str, Any]:
    """Return the cell that holds the observation."""
    cell: dict[str, Any] = next(c for c in results["cells"] if c["regimen"] == "simple_mix")
    return cell


@pytest.fixture
def current(
    results: dict[str, Any], observation_of: Callable[[str, int], dict[str, Any]]
) -> dict[str, Any]:
    """Results of this version with every renamed part."""
    known = copy.deepcopy(results)
    observed(known)["mechanism"] = observation_of("simple_mix", 0)
    known["cells"][-1]["refinement"] = {
        "policy": "correct",
        "better_than_teacher": True,
        "documents": {"changed": 10, "written": 40},
        "changes": {},
        "gold": {"teacher": {"overall": score_record(7, 10, 10), "per_label": {}}},
        "gain": {
            **{"difference": 0.1, "low": 0.0, "high": 0.2, "p_value": 0.1, "per_seed": [0.1]},
            **{"groups": 4, "resamples": 100},
        },
        "signals": {"correct": {}, "missed": {}},
        "judge": {"strength": 1.0, "weights": {}},
    }
    cells = [cell_from_record(cell) for cell in known["cells"]]
    known["mechanism"] = as_record(StudyResults(cells=(), mechanism=tuple(mechanism(cells))))[
        "mechanism"
    ]
    known["frontier"] = {
        "regimen": "simple_mix",
        "worth": {"silver": 100, "gold": 20, "interval": [10, 30]},
        "curve": {"asymptote": 0.9, "scale": 1.0, "decay": 0.5, "worth": 20, "returns": 1.0,
                  "unit": 100},
        "leave_one_out_error": 0.012,
        "currency": "$",
        "prices": None,
        "sizes": [
            {"gold": gold, "silver": 100, "f1": 0.7, "fitted": 0.6 + gold / 1000}
            for gold in (50, 100)
        ],
    }  # fmt: skip
    return known


def test_old_results_get_the_current_names(current: dict[str, Any]) -> None:
    old = as_written_before(current)
    assert old != current
    before = copy.deepcopy(old)
    assert results_from_record(old) == results_from_record(current)
    assert old == before


def test_current_results_stay_as_they_are(current: dict[str, Any]) -> None:
    known = results_from_record(current)
    assert results_from_record(as_record(known)) == known


def test_old_results_make_the_same_page(current: dict[str, Any]) -> None:
    expected = page(current)
    assert "Leave-one-out" in expected
    assert "in 1 of 1 cells" in expected
    assert page(as_written_before(current)) == expected


def test_old_findings_and_leaks_are_read() -> None:
    old = {"cells": [], "findings": ["A sentence."], "leaks": {"a/b": {"exact": [1, 2], "near": 3}}}
    known = results_from_record({**old, "comparisons": []})
    assert known.findings == (Finding("note", "", "A sentence."),)
    assert known.leaks == {"a/b": LeakCounts(exact=2, near=3)}
    assert results_from_record({"cells": [], "leaks": {"a/b": 4}}).leaks == {"a/b": LeakCounts(4)}


def test_an_old_cell_is_read(current: dict[str, Any], tmp_path: Path) -> None:
    record = observed(as_written_before(current))
    path = tmp_path / f"{record['key']}.json"
    path.write_text(json.dumps(record), "utf-8")
    cell = read_cell(path)
    assert cell == cell_from_record(observed(current))
    ((old,), (new,)) = mechanism([cell]), results_from_record(current).mechanism
    assert new.turn is not None
    assert new.turn.new + new.turn.right[0] > 0
    assert (old.curve, old.turn) == (new.curve, new.turn)


def test_a_file_that_is_no_cell_is_named(tmp_path: Path) -> None:
    path = tmp_path / "cell.json"
    path.write_text("[1]", "utf-8")
    with pytest.raises(DataError, match="not a complete cell of a study"):
        read_cell(path)


def test_old_names_in_the_frontier_make_the_same_sentences(current: dict[str, Any]) -> None:
    old = results_from_record(as_written_before(current)).frontier
    new = results_from_record(current).frontier
    assert old is not None
    assert new is not None
    assert curve_sentences(old) == curve_sentences(new)


def test_old_results_can_be_planned_with(tmp_path: Path, current: dict[str, Any]) -> None:
    path = tmp_path / "results.json"
    path.write_text(json.dumps(as_written_before(current)), "utf-8")
    with pytest.raises(DataError, match="too few sizes"):
        plan(path, PlanConfig(gold_price=1.0, silver_price=0.1, budget=5.0))


RESULTS = Path(__file__).parents[3] / "docs/results"
FOLDERS = sorted(path.parent for path in RESULTS.glob("*/*/study/cells.jsonl.gz"))


def test_all_published_studies_are_there() -> None:
    names = {folder.parent.parent.name for folder in FOLDERS}
    assert {"conll2003", "paper", "recipes", "topics"} <= names
    assert len(FOLDERS) >= 12


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: "-".join(path.parts[-3:-1]))
def test_published_cells_are_read_and_make_a_page(folder: Path) -> None:
    cells = read_study_cells(folder)
    assert cells
    observed = [cell for cell in cells if cell.mechanism]
    assert bool(mechanism(cells)) == bool(observed)
    shown = render(StudyResults(cells=tuple(cells), mechanism=tuple(mechanism(cells))))
    assert "scored highest on the test set" in shown
    assert ("Judging of silver" in shown) == any(cell.refinement for cell in cells)
    # Cells with a key of an earlier version are for pages: no study takes them as its own.
    found = read_finished_cells(folder, ["v2-" + "0" * 24])
    earlier = [cell for cell in cells if not is_current_key(cell.key)]
    assert (found.cells, found.outdated) == ({}, len(earlier))
