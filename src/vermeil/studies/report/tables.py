"""Table of scores of a study for a paper: LaTeX (booktabs) and CSV."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from vermeil.data.atomic import atomic_file
from vermeil.data.visible import visible_line
from vermeil.studies.format import f1, number, points, regimen_name
from vermeil.studies.results.statistics import ComparisonRow, Spread, SummaryRow
from vermeil.studies.results.study import StudyResults
from vermeil.studies.results.values import Block

COLUMNS = (
    *("budget", "gold_documents", "silver_documents", "regimen", "seeds"),
    *("test_f1", "test_sd", "dev_f1", "dev_sd"),
    *("baseline", "difference", "low", "high", "p_holm", "verdict"),
    *("steps", "wordpieces", "seconds"),
)
_MARKS = {"significant": "$^{*}$", "suggestive": "$^{\\circ}$", "not_significant": ""}
_ESCAPES = {
    **{char: f"\\{char}" for char in "&%$#_{}"},
    **{"~": "\\textasciitilde{}", "^": "\\textasciicircum{}", "\\": "\\textbackslash{}"},
    "−": "$-$",
    "±": "$\\pm$",
}
_HEAD = """\
% Written by vermeil study. It needs \\usepackage{booktabs}.
% * significant (p < .05 in two tests, Holm-corrected); o suggestive; unmarked: not significant.
"""


@dataclass(frozen=True, slots=True)
class ScoreRow:
    """A regimen with its comparison with the baseline; None: it is not compared."""

    summary: SummaryRow
    comparison: ComparisonRow | None


def write_tables(results: StudyResults, folder: Path) -> None:
    """Write ``tables.csv`` and ``tables.tex``: one row per block and regimen, best first.

    Args:
        results: the results of a study.
        folder: the study's folder.

    Raises:
        DataError: a file cannot be written.
    """
    rows = list(score_rows(results))
    with atomic_file(folder / "tables.csv") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(_record(row) for row in rows)
    with atomic_file(folder / "tables.tex") as file:
        file.write(latex(rows))


def score_rows(results: StudyResults) -> Iterator[ScoreRow]:
    """Yield every regimen of every block, the highest score first."""
    against = {(r.block, r.regimen): r for r in results.comparisons if r.family == "baseline"}
    for block in dict.fromkeys(row.block for row in results.summary):
        rows = [row for row in results.summary if row.block == block]
        rows.sort(key=lambda row: -(_mean(row.test or row.dev) or 0.0))
        for row in rows:
            yield ScoreRow(row, against.get((block, row.regimen)))


def latex(rows: Sequence[ScoreRow]) -> str:
    """Return one LaTeX ``tabular`` per block; F1 and differences are in points."""
    blocks: dict[Block, list[ScoreRow]] = {}
    for row in rows:
        blocks.setdefault(row.summary.block, []).append(row)
    return _HEAD + "\n".join(_tabular(block, members) for block, members in blocks.items())


def _tabular(block: Block, rows: Sequence[ScoreRow]) -> str:
    title = (
        f"{block.budget} budget, {number(block.gold_documents)} gold and "
        f"{number(block.silver_documents)} silver documents"
    )
    baseline = next((row.comparison.baseline for row in rows if row.comparison), None)
    head = ["Regimen", "Test F1", "Dev F1", "Seeds"]
    if baseline:
        head.insert(2, f"Difference to {regimen_name(baseline)} [95\\,\\%]")
    lines = [" & ".join(head) + " \\\\", "\\midrule"]
    lines += [" & ".join(_cells(row, with_difference=bool(baseline))) + " \\\\" for row in rows]
    columns = "l" + "r" * (len(head) - 1)
    body = "\n".join(["\\toprule", *lines, "\\bottomrule"])
    return f"% {title}\n\\begin{{tabular}}{{{columns}}}\n{body}\n\\end{{tabular}}\n"


def _cells(row: ScoreRow, *, with_difference: bool) -> Iterator[str]:
    yield escape_latex(regimen_name(row.summary.regimen))
    yield escape_latex(_spread(row.summary.test))
    if with_difference:
        yield _difference(row.comparison)
    yield escape_latex(_spread(row.summary.dev))
    yield str(len(row.summary.seeds))


def _difference(row: ComparisonRow | None) -> str:
    if row is None:
        return "--"
    low, high = points(row.low, signed=True), points(row.high, signed=True)
    text = f"{points(row.difference, signed=True)} [{low}, {high}]"
    return escape_latex(text) + _MARKS[row.verdict]


def _spread(score: Spread | None) -> str:
    if score is None:
        return "--"
    return f1(score.mean) if score.sd is None else f"{f1(score.mean)} ± {f1(score.sd)}"


def escape_latex(text: str) -> str:
    """Return text with the characters that LaTeX treats specially as commands, on one line."""
    line = visible_line(text)
    return re.sub(r"[&%$#_{}~^\\−±]", lambda found: _ESCAPES[found[0]], line)


def _mean(score: Spread | None) -> float | None:
    return None if score is None else score.mean


def _record(row: ScoreRow) -> dict[str, str | float | None]:
    one, against = row.summary, row.comparison
    record: dict[str, str | float | None] = {
        "budget": one.budget,
        "gold_documents": one.gold_documents,
        "silver_documents": one.silver_documents,
        "regimen": one.regimen,
        "seeds": len(one.seeds),
        "steps": one.steps,
        "wordpieces": one.wordpieces,
        "seconds": one.seconds,
    }
    for split in ("test", "dev"):
        score = one.score(split)
        record[f"{split}_f1"] = _mean(score)
        record[f"{split}_sd"] = None if score is None else score.sd
    if against is not None:
        names = ("baseline", "difference", "low", "high", "p_holm", "verdict")
        record |= {name: getattr(against, name) for name in names}
    return record
