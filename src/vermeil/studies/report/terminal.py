"""Tables of a study for the terminal, at most 80 columns wide."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from vermeil.data.visible import visible_line
from vermeil.studies.format import (
    VERDICT_NAMES,
    duration,
    f1,
    number,
    plural,
    points,
    regimen_name,
    spread,
)
from vermeil.studies.results.context import TeacherRow
from vermeil.studies.results.frontier import FrontierRecord
from vermeil.studies.results.scores import LabelScore
from vermeil.studies.results.statistics import ComparisonRow, Finding, SummaryRow
from vermeil.studies.results.study import StudyResults
from vermeil.studies.results.values import Block

Against = Mapping[tuple[Block, str], ComparisonRow]

_VERDICTS = {"significant": "✓", "suggestive": "(✓)", "not_significant": "≈"}
_LEGEND = " · ".join(
    [
        *(f"{mark} {VERDICT_NAMES[name]}" for name, mark in _VERDICTS.items()),
        "points, 95 % interval",
    ]
)
_MARKS = {"answer": "→", **_VERDICTS, "caution": "!"}


def study_table(results: StudyResults) -> RenderableType:
    """Return one table per block, with the best regimen first.

    Args:
        results: the results of a study.
    """
    blocks: dict[Block, list[SummaryRow]] = {}
    for row in results.summary:
        blocks.setdefault(row.block, []).append(row)
    against = {
        (row.block, row.regimen): row for row in results.comparisons if row.family == "baseline"
    }
    parts: list[RenderableType] = []
    several = len({block.silver_documents for block in blocks}) > 1
    for block, rows in blocks.items():
        unfinished = {row.regimen for row in results.unfinished if row.block == block}
        parts.append(_block_table(block, rows, against, unfinished, with_silver=several))
    if against:
        parts.append(Padding(Text(_LEGEND, style="dim"), (0, 1)))
    if results.unfinished:
        parts.append(Padding(Text("! not finished learning", style="dim"), (0, 1)))
    return Group(*parts)


def teacher_table(teacher: Sequence[TeacherRow]) -> Table:
    """Return the teacher's precision, recall and F1 per type, one section per prompt.

    Args:
        teacher: one row per prompt.
    """
    table = _table("Teacher against gold")
    table.add_column("prompt", overflow="fold")
    table.add_column("type", overflow="fold")
    for name in ("P", "R", "F1", "gold"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("95 %", no_wrap=True)
    for row in teacher:
        counts, interval = row.counts, row.f1_interval
        scores: list[tuple[str, LabelScore]] = [("all", counts.overall), *counts.per_label.items()]
        for index, (label, score) in enumerate(scores):
            table.add_row(
                Text(visible_line(row.prompt.replace("_", " ")) if index == 0 else ""),
                Text(visible_line(label)),
                f1(score.precision),
                f1(score.recall),
                f1(score.f1),
                number(score.support),
                f"{f1(interval[0])}–{f1(interval[1])}" if interval and index == 0 else "",
                style="bold" if index == 0 else "",
                end_section=index == len(scores) - 1,
            )
    return table


def frontier_table(record: FrontierRecord) -> Table:
    """Return the table of the cost frontier: the best division of each sum of money.

    Args:
        record: record of `vermeil.studies.statistics.frontier.frontier_record`, with prices.
    """
    table = _table(f"Cost frontier of {regimen_name(record.regimen)}")
    for name in ("cost", "gold", "silver", "F1"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("95 %", no_wrap=True)
    for row in record.line[::3]:
        low, high = row.interval
        table.add_row(
            f"{record.currency}{row.cost:,.2f}",
            number(row.gold),
            number(row.silver),
            f1(row.f1),
            f"{f1(low)}–{f1(high)}",
        )
    return table


def findings_table(findings: Sequence[Finding]) -> Table:
    """Return the findings (see `vermeil.studies.report.findings`), each with its mark."""
    table = _table("Findings")
    table.show_header = False
    table.add_column(no_wrap=True, width=4)
    table.add_column(overflow="fold")
    for finding in findings:
        scope = f"{finding.scope}: " if finding.scope else ""
        text = visible_line(scope + finding.text)
        style = "bold" if finding.kind == "answer" else ""
        table.add_row(Text(_MARKS.get(finding.kind, "·")), Text(text), style=style)
    return table


def _block_table(
    block: Block,
    rows: list[SummaryRow],
    against: Against,
    unfinished: Collection[str],
    *,
    with_silver: bool,
) -> Table:
    column = "test" if any(row.test for row in rows) else "dev"
    seeds = max(len(row.seeds) for row in rows)
    sizes = f"{number(block.gold_documents)} gold"
    if with_silver:
        sizes += f" and {number(block.silver_documents)} silver"
    table = _table(f"{block.budget} budget · {sizes} documents · {plural(seeds, 'seed')}")
    table.add_column("regimen", overflow="fold")
    table.add_column(f"{column} F1", no_wrap=True)
    table.add_column("difference", no_wrap=True)
    for name in ("steps", "wordpieces", "time"):
        table.add_column(name, justify="right", no_wrap=True)
    ranked = sorted(rows, key=lambda row: _rank(row, column))
    for rank, row in enumerate(ranked):
        score = row.score(column)
        table.add_row(
            Text(regimen_name(row.regimen) + (" !" if row.regimen in unfinished else "")),
            spread(score.mean, score.sd) if score else "–",
            Text(_difference(row.regimen, against, block)),
            number(row.steps),
            number(row.wordpieces),
            duration(row.seconds),
            style="bold" if rank == 0 else "",
        )
    return table


def _rank(row: SummaryRow, column: str) -> tuple[bool, float]:
    """Return the sort key of a row: best first, and the ceiling, a reference, last."""
    score = row.score(column)
    return row.regimen == "ceiling", -(-1.0 if score is None else score.mean)


def _difference(regimen: str, against: Against, block: Block) -> str:
    row = against.get((block, regimen))
    if row is None:
        is_baseline = any(
            key[0] == block and other.baseline == regimen for key, other in against.items()
        )
        return "baseline" if is_baseline else "–"
    low, high = points(row.low, signed=True), points(row.high, signed=True)
    verdict = _VERDICTS[row.verdict]
    return f"{points(row.difference, signed=True)} [{low}, {high}] {verdict}"


def _table(title: str) -> Table:
    return Table(
        title=Text(visible_line(title)),
        title_justify="left",
        title_style="bold",
        box=None,
        header_style="dim",
        padding=(0, 1),
        collapse_padding=True,
        pad_edge=True,
    )
