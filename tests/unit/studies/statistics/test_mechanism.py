"""Observations of several cells: statistics, sentences and the section of the page."""

from __future__ import annotations

import copy
import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from vermeil.studies.report.html import render
from vermeil.studies.report.sections.mechanism import mechanism_sentences, mechanism_views
from vermeil.studies.results.load import cell_from_record, results_from_record
from vermeil.studies.results.statistics import MechanismRow
from vermeil.studies.statistics.mechanism import mechanism

Make = Callable[..., dict[str, Any]]


def rows_of(records: list[dict[str, Any]]) -> list[MechanismRow]:
    """Return the statistics over the observations of cells."""
    return mechanism([cell_from_record(record) for record in records])


def observed(cell_of: Make, observation_of: Make, regimen: str, seeds: int = 2) -> list[Any]:
    return [
        {**cell_of(regimen, seed, 0.8), "mechanism": observation_of(regimen, seed)}
        for seed in range(seeds)
    ]


def test_curves_are_means_over_seeds(cell_of: Make, observation_of: Make) -> None:
    cells = observed(cell_of, observation_of, "simple_mix")
    cells[1]["mechanism"]["points"][0]["sharpness"]["span_entropy"] = 0.0
    (row,) = rows_of(cells)
    assert row.regimen == "simple_mix"
    assert row.seeds == 2
    first, *_, last = row.curve
    assert first.span_entropy == pytest.approx((0.9 - 0.15) / 2)
    assert last.progress == 1
    assert first.repeated == pytest.approx(0.5)
    assert first.errors["type"] == pytest.approx(10)
    assert first.errors["boundary"] == pytest.approx(7)
    assert set(first.types) == {"LOC", "PER"}
    assert first.overconfidence == pytest.approx(0.1)


def test_fates_between_the_turn_and_the_end(cell_of: Make, observation_of: Make) -> None:
    cells = observed(cell_of, observation_of, "simple_mix", 1)
    observation = cells[0]["mechanism"]
    observation["spans"] = {
        "gold": {"LOC": 3, "PER": 3},
        "found": ["mmmmmm", ".bt..m", "mmmmmm", "....m."],
        "wrong": {"PER": 4},
        "spurious": "0111",
        "mistakes": ["0000", "1110", "0000", "1011"],
    }
    for point, planned in zip(observation["points"], (0, 0, 1, 1), strict=True):
        point["planned_share"] = planned
    (row,) = rows_of(cells)
    turn = row.turn
    assert turn is not None
    assert turn.progress == pytest.approx(0.5)
    assert turn.right == (3, 1)
    assert turn.kinds == {
        "boundary": (1, 1),
        "type": (1, 1),
        "both": (0, 0),
        "missing": (1, 1),
        "spurious": (2, 1),
    }
    assert turn.types == {"LOC": (2, 2), "PER": (3, 2)}
    assert turn.new == 1
    text = " ".join(mechanism_sentences(row))
    assert "of 5 errors on dev at the turn" in text
    assert "80\N{NO-BREAK SPACE}% were corrected" in text
    assert "33\N{NO-BREAK SPACE}% were lost" in text


@pytest.mark.parametrize("regimen", ["gold_only", "silver_only", "pooled"])
def test_without_a_turn_there_are_no_fates(
    cell_of: Make, observation_of: Make, regimen: str
) -> None:
    (row,) = rows_of(observed(cell_of, observation_of, regimen))
    assert row.turn is None
    assert mechanism_sentences(row)


def test_cells_without_a_recording_are_left_out(cell_of: Make, observation_of: Make) -> None:
    cells = [cell_of("pooled", 0, 0.8), *observed(cell_of, observation_of, "simple_mix")]
    assert [row.regimen for row in rows_of(cells)] == ["simple_mix"]
    assert rows_of(cells[:1]) == []


def test_silver_without_known_gold_is_left_out(cell_of: Make, observation_of: Make) -> None:
    cells = observed(cell_of, observation_of, "simple_mix", 1)
    for point in cells[0]["mechanism"]["points"]:
        del point["silver"]
    (row,) = rows_of(cells)
    (view,) = mechanism_views([row])
    assert row.curve[0].repeated is None
    assert not view.has_teacher_errors
    assert view.ends[0].repeated == "–"


def test_the_page_shows_recordings(
    results: dict[str, Any], cell_of: Make, observation_of: Make
) -> None:
    known = copy.deepcopy(results)
    cells = [
        one
        for regimen in ("gold_only", "silver_only", "simple_mix")
        for one in observed(cell_of, observation_of, regimen)
    ]
    shown = replace(results_from_record(known), mechanism=tuple(rows_of(cells)))
    page = ET.fromstring(render(shown))
    sections = {e.attrib["id"]: e for e in page.iter("section")}
    section = sections["mechanism"]
    assert len(list(section.iter("svg"))) == 3 + 3
    text = " ".join("".join(section.itertext()).split())
    assert "Simple Mix: of the teacher’s wrong words" in text
