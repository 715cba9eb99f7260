from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from rich.console import Console, RenderableType

from vermeil.studies.format import spread
from vermeil.studies.report.terminal import findings_table, study_table, teacher_table
from vermeil.studies.results.load import cell_from_record, results_from_record
from vermeil.studies.results.statistics import Finding
from vermeil.studies.results.study import StudyResults
from vermeil.studies.statistics.compare import summarise


def printed(renderable: RenderableType, width: int = 80) -> str:
    console = Console(width=width, color_system=None)
    with console.capture() as capture:
        console.print(renderable)
    return capture.get()


def test_regimens_are_ranked_with_the_ceiling_last(results: dict[str, Any]) -> None:
    lines = printed(study_table(results_from_record(results))).splitlines()
    names = [line[:13].strip() for line in lines[2:9]]
    assert names[0] == "Simple Mix"
    assert names[-2:] == ["Gold only", "Ceiling"]
    best = next(row for row in results["summary"] if row["regimen"] == "simple_mix")
    assert spread(best["test"]["mean"], best["test"]["sd"]) in lines[2]
    assert re.search(r" \+10\.\d \[\+\d\.\d, \+1\d\.\d\] ✓ ", lines[2])
    assert "baseline" in lines[7]


@pytest.mark.parametrize("scale", [1, 100])
def test_tables_fit_into_80_columns_and_lose_nothing(
    results_of: Callable[..., dict[str, Any]], scale: int
) -> None:
    made = results_of({"gold_only": 0.6, "simple_mix": 0.9}, budgets=("equal", "epochs"))
    for row in made["summary"]:
        for name in ("steps", "wordpieces", "seconds"):
            row[name] *= scale
    known = results_from_record(made)
    tables = (study_table(known), teacher_table(known.teacher), findings_table(known.findings))
    for table in tables:
        text = printed(table)
        assert max(len(line) for line in text.splitlines()) <= 80
        assert "…" not in text


def test_without_a_test_set_the_dev_scores_are_shown(
    cell_of: Callable[..., dict[str, Any]],
) -> None:
    cells = [{**cell_of("pooled", 0, 0.8), "test": None, "test_groups": {}}]
    known = [cell_from_record(cell) for cell in cells]
    text = printed(study_table(StudyResults(cells=(), summary=tuple(summarise(known)))))
    assert "dev F1" in text
    assert "✓" not in text


def test_teacher_table_has_every_type_of_every_prompt(results: dict[str, Any]) -> None:
    text = printed(teacher_table(results_from_record(results).teacher))
    assert text.count("MISC") == 2
    assert "chain of thought" in text
    assert ".772–.807" in text  # As given by the fixture.


def test_square_brackets_in_names_are_not_read_as_markup(results: dict[str, Any]) -> None:
    first = replace(results_from_record(results).summary[0], regimen="[red]mine[/red]")
    made = StudyResults(cells=(), summary=(first,))
    assert "[red]mine[/red]" in printed(study_table(made), 120)


def test_findings_carry_their_scope_and_mark() -> None:
    found = [
        Finding("significant", "Equal budget", "A is above B."),
        Finding("caution", "", "Few seeds."),
    ]
    lines = [line.split() for line in printed(findings_table(found)).splitlines()]
    assert ["✓", "Equal", "budget:", "A", "is", "above", "B."] in lines
    assert ["!", "Few", "seeds."] in lines
