"""Results of earlier versions are read under their old names."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from vermeil.errors import DataError
from vermeil.studies.config import PlanConfig
from vermeil.studies.earlier_records import with_current_names
from vermeil.studies.finished_cells import read_cell
from vermeil.studies.plan import curve_sentences, plan
from vermeil.studies.report.html import render
from vermeil.studies.statistics.mechanism import mechanism

OLD_VERDICTS = {"significant": "shown", "suggestive": "suggested", "not_significant": "open"}


def as_written_before(results: dict[str, Any]) -> dict[str, Any]:
    """Return results with the names of version 0.1."""
    old = copy.deepcopy(results)
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
        "better_than_teacher": True,
        "documents": {"changed": 10, "written": 40},
        "gold": {"teacher": {"overall": {"f1": 0.7}, "per_label": {"PER": {"f1": 0.7}}}},
        "signals": {"correct": {}, "missed": {}},
    }
    known["mechanism"] = mechanism(known["cells"])
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
    assert with_current_names(old) == current
    assert old == before


def test_current_results_stay_as_they_are(current: dict[str, Any]) -> None:
    assert with_current_names(current) == current


def test_old_results_make_the_same_page(current: dict[str, Any]) -> None:
    page = render(current)
    assert "Leave-one-out" in page
    assert "in 1 of 1 cells" in page
    assert render(as_written_before(current)) == page


def test_an_old_cell_is_read(current: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "cell.json"
    path.write_text(json.dumps(observed(as_written_before(current))), "utf-8")
    cell = read_cell(path)
    assert cell == json.loads(json.dumps(observed(current)))
    ((old,), (new,)) = mechanism([cell]), current["mechanism"]
    assert new["turn"]["new"] + new["turn"]["right"][0] > 0
    assert (old["curve"], old["turn"]) == (new["curve"], new["turn"])


def test_a_file_that_is_no_cell_is_named(tmp_path: Path) -> None:
    path = tmp_path / "cell.json"
    path.write_text("[1]", "utf-8")
    with pytest.raises(DataError, match="not a cell of a study"):
        read_cell(path)


def test_old_names_in_the_frontier_make_the_same_sentences(current: dict[str, Any]) -> None:
    old = with_current_names(as_written_before(current))
    assert curve_sentences(old["frontier"]) == curve_sentences(current["frontier"])


def test_old_results_can_be_planned_with(tmp_path: Path, current: dict[str, Any]) -> None:
    path = tmp_path / "results.json"
    path.write_text(json.dumps(as_written_before(current)), "utf-8")
    with pytest.raises(DataError, match="too few sizes"):
        plan(path, PlanConfig(gold_price=1.0, silver_price=0.1, budget=5.0))


RESULTS = Path(__file__).parents[3] / "docs/results"
FOLDERS = sorted(RESULTS.glob("*/*/study/cells"))


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: "-".join(path.parts[-4:-2]))
def test_published_cells_are_read_and_make_a_page(folder: Path) -> None:
    cells = [read_cell(path) for path in sorted(folder.glob("*.json"))]
    assert [cell["key"] for cell in cells] == sorted(path.stem for path in folder.glob("*.json"))
    observed = [cell for cell in cells if cell.get("mechanism")]
    assert bool(mechanism(cells)) == bool(observed)
    page = render({"cells": cells, "mechanism": mechanism(cells)})
    assert "scored highest on the test set" in page
    assert ("Judging of silver" in page) == any(cell.get("refinement") for cell in cells)
