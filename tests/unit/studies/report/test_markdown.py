"""The report as Markdown and CSV."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

from vermeil.studies.report.csv import write_cells, write_comparisons
from vermeil.studies.report.html import write_report
from vermeil.studies.report.layout import report_markdown
from vermeil.studies.report.markdown import table
from vermeil.studies.results.load import results_from_record
from vermeil.studies.results.study import StudyResults


def test_the_answer_comes_first_and_every_regimen_has_a_line(results: dict[str, Any]) -> None:
    text = report_markdown(results_from_record(results))
    lines = text.splitlines()
    first = next(line for line in lines if line.startswith("**"))
    assert "Simple Mix scored highest" in first
    rows = [line for line in lines if line.startswith("| Simple Mix |")]
    assert rows
    assert text.count("| ε |") == 1
    assert sum(line.startswith("| Sigmoid −") for line in lines) == 2
    assert "`student.learning_rate`" in text


def test_tables_are_even(results: dict[str, Any]) -> None:
    for block in report_markdown(results_from_record(results)).split("\n\n"):
        if block.startswith("|"):
            widths = {line.replace("\\|", "").count("|") for line in block.splitlines()}
            assert len(widths) == 1, block


def test_bars_in_cells_do_not_break_a_table() -> None:
    assert table(("a",), [("x|y\nz",)]).splitlines()[-1] == "| x\\|y z |"


def test_names_of_all_kinds_are_shown_as_they_are(results: dict[str, Any]) -> None:
    """No HTML, no link, no emphasis and no further cell or line comes from a name."""
    name = "<script>|\n## *x* [y](z) `c`\x1b[2J"
    text = json.dumps(results)
    for old in ("PER", "standard", "sigmoid", "student.learning_rate", "embedded"):
        text = text.replace(json.dumps(old), json.dumps(name))
    report = report_markdown(results_from_record(json.loads(text)))
    assert "<script" not in report
    assert "\x1b" not in report
    assert r"&lt;script&gt;\| ## \*x\* [y\](z) \`c\`" in report
    assert "\n## \\*x" not in report
    for block in report.split("\n\n"):
        if block.startswith("|"):
            widths = {line.replace("\\|", "").count("|") for line in block.splitlines()}
            assert len(widths) == 1, block


def test_it_lies_beside_the_page(results: dict[str, Any], tmp_path: Path) -> None:
    write_report(results_from_record(results), tmp_path / "report.html")
    assert (tmp_path / "report.md").read_text("utf-8") == report_markdown(
        results_from_record(results)
    )


def test_cells_and_comparisons_as_csv(results: dict[str, Any], tmp_path: Path) -> None:
    known = results_from_record(results)
    write_cells(known.cells, tmp_path / "cells.csv")
    write_comparisons(known.comparisons, tmp_path / "comparisons.csv")
    with (tmp_path / "cells.csv").open(newline="") as file:
        cells = list(csv.DictReader(file))
    assert len(cells) == len(results["cells"])
    for line, cell in zip(cells, results["cells"], strict=True):
        assert float(line["test_f1"]) == cell["test"]["overall"]["f1"]
        assert float(line["test_f1_PER"]) == cell["test"]["per_label"]["PER"]["f1"]
    with (tmp_path / "comparisons.csv").open(newline="") as file:
        compared = list(csv.DictReader(file))
    assert [line["verdict"] for line in compared] == [r["verdict"] for r in results["comparisons"]]


def test_nothing_makes_empty_tables(tmp_path: Path) -> None:
    write_cells([], tmp_path / "cells.csv")
    assert (tmp_path / "cells.csv").read_text().strip() == ""
    assert "No cells were run." in report_markdown(StudyResults(cells=()))
