"""Table of scores as LaTeX and CSV."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

from vermeil.studies.report.tables import escape_latex, latex, score_rows, write_tables
from vermeil.studies.results.load import results_from_record

Results = dict[str, Any]


def test_the_csv_has_the_numbers_of_the_results(results: Results, tmp_path: Path) -> None:
    known = results_from_record(results)
    write_tables(known, tmp_path)
    with (tmp_path / "tables.csv").open(newline="") as file:
        rows = {row["regimen"]: row for row in csv.DictReader(file)}
    assert next(iter(rows)) == "ceiling"
    assert len(rows) == len(known.summary)
    for one in known.summary:
        assert one.test is not None
        assert float(rows[one.regimen]["test_f1"]) == one.test.mean
        assert int(rows[one.regimen]["seeds"]) == len(one.seeds)
    for other in (row for row in known.comparisons if row.family == "baseline"):
        assert float(rows[other.regimen]["difference"]) == other.difference
        assert rows[other.regimen]["verdict"] == other.verdict
    assert rows["gold_only"]["difference"] == ""


def test_the_latex_table_is_balanced_and_marks_the_verdicts(results: Results) -> None:
    known = results_from_record(results)
    text = latex(list(score_rows(known)))
    body = text[text.index("\\midrule") : text.index("\\bottomrule")].splitlines()[1:]
    columns = text.partition("\\begin{tabular}{")[2].partition("}")[0]
    assert len(body) == len(known.summary)
    assert {line.count(" & ") + 1 for line in body} == {len(columns)}
    assert all(line.endswith("\\\\") for line in body)
    significant = {
        row.regimen
        for row in known.comparisons
        if row.family == "baseline" and row.verdict == "significant"
    }
    assert sum("$^{*}$" in line for line in body) == len(significant)
    assert text.count("\\begin{tabular}") == text.count("\\end{tabular}") == 1


def test_each_block_has_a_table_of_its_own(results_of: Any) -> None:
    record = results_of({"gold_only": 0.7, "pooled": 0.8}, budgets=("equal", "epochs"))
    text = latex(list(score_rows(results_from_record(record))))
    assert text.count("\\begin{tabular}") == 2
    assert "% epochs budget, 100 gold" in text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a_b & c%", "a\\_b \\& c\\%"),
        ("−1 ± 2", "$-$1 $\\pm$ 2"),
        ("\\{x}~^#$", "\\textbackslash{}\\{x\\}\\textasciitilde{}\\textasciicircum{}\\#\\$"),
    ],
)
def test_special_characters_are_escaped(text: str, expected: str) -> None:
    assert escape_latex(text) == expected
