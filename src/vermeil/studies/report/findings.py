"""Findings of a study as sentences: answers, comparisons, the teacher, and cautions."""

from __future__ import annotations

from collections.abc import Sequence

from vermeil.studies.format import f1, listing, number, plural, points, regimen_name
from vermeil.studies.report.cautions import (
    budget_caution,
    leak_cautions,
    seed_cautions,
    unfinished_caution,
)
from vermeil.studies.report.comparison_findings import block_statements
from vermeil.studies.report.comparison_text import mean_test_f1
from vermeil.studies.results.context import TeacherRow
from vermeil.studies.results.statistics import Finding, SummaryRow
from vermeil.studies.results.study import StudyResults
from vermeil.studies.results.values import Block


def findings(results: StudyResults) -> list[Finding]:
    """Return the findings of a study, with the answers first and the cautions last.

    Args:
        results: summary and comparisons, and teacher, leaks and unfinished learning if known.
    """
    blocks: dict[Block, list[SummaryRow]] = {}
    for row in results.summary:
        blocks.setdefault(row.block, []).append(row)
    has_equal_budget = "equal" in {block.budget for block in blocks}
    found: list[Finding] = []
    cautions: list[Finding] = []
    for block, rows in blocks.items():
        scope = scope_of(block, list(blocks))
        compared = [row for row in results.comparisons if row.block == block]
        unfinished = [row for row in results.unfinished if row.block == block]
        statements = block_statements(rows, compared, {row.regimen for row in unfinished})
        found += [Finding(kind, scope, text) for kind, text in statements]
        cautions += [Finding("caution", scope, unfinished_caution(row)) for row in unfinished]
        if caution := budget_caution(rows, has_equal_budget=has_equal_budget):
            cautions.append(Finding("caution", scope, caution))
    found += _teacher_finding(results.teacher, results.summary)
    if results.advice:
        found.append(Finding("note", "", results.advice))
    general = [
        *seed_cautions(results.summary, results.comparisons),
        *leak_cautions(results.leaks or {}),
    ]
    cautions += [Finding("caution", "", text) for text in general]
    return sorted(found, key=lambda finding: finding.kind != "answer") + cautions


def scope_of(block: Block, blocks: Sequence[Block]) -> str:
    """Return budget and sizes of a block as text, without those that all blocks share."""
    parts = []
    if len({other.budget for other in blocks}) > 1:
        parts.append(f"{block.budget.capitalize()} budget")
    if len({other.gold_documents for other in blocks}) > 1:
        parts.append(f"{number(block.gold_documents)} gold documents")
    if len({other.silver_documents for other in blocks}) > 1:
        parts.append(f"{number(block.silver_documents)} silver documents")
    return ", ".join(parts)


def _teacher_finding(teacher: Sequence[TeacherRow], summary: Sequence[SummaryRow]) -> list[Finding]:
    if not teacher:
        return []
    ranked = sorted(teacher, key=lambda row: -row.counts.overall.f1)
    scores = listing([_teacher_score(row) for row in ranked])
    documents = plural(ranked[0].counts.documents, "document")
    text = f"The teacher scores F1 {scores} on {documents} with gold labels."
    students = [row for row in summary if row.test and row.regimen != "ceiling"]
    if students:
        student = max(students, key=mean_test_f1)
        gap = ranked[0].counts.overall.f1 - mean_test_f1(student)
        text += (
            f" The best student ({regimen_name(student.regimen)}) scores {points(abs(gap))} "
            f"points {'less' if gap > 0 else 'more'} on the test set. If these are different "
            f"documents, this comparison is rough."
        )
    return [Finding("teacher", "", text)]


def _teacher_score(row: TeacherRow) -> str:
    prompt = row.prompt.replace("_", " ")
    interval = row.f1_interval
    bounds = f", 95 % interval {f1(interval[0])} to {f1(interval[1])}" if interval else ""
    return f"{f1(row.counts.overall.f1)} ({prompt} prompt{bounds})"
