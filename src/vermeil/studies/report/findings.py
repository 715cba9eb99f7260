"""Findings of a study as sentences: answers, comparisons, the teacher, and cautions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

from vermeil.studies.format import f1, listing, number, plural, points, regimen_name
from vermeil.studies.report.cautions import budget_caution, leak_cautions, seed_cautions
from vermeil.studies.report.comparison_findings import Kind, block_statements
from vermeil.studies.report.sections.teacher import interval_of
from vermeil.studies.statistics.compare import Block, block_of

Row = Mapping[str, Any]


class Finding(TypedDict):
    """One or two sentences.

    Args:
        kind: kind of the statement.
        scope: budget and size of the statement, if the study has several; else empty.
        text: the statement.
    """

    kind: Kind
    scope: str
    text: str


def findings(results: Mapping[str, Any]) -> list[Finding]:
    """Return the findings of a study, with the answers first and the cautions last.

    Args:
        results: ``summary`` and ``comparisons`` (see `vermeil.studies.statistics.compare`), and
            ``teacher`` and ``leaks`` if known.
    """
    summary: Sequence[Row] = results.get("summary") or ()
    comparisons: Sequence[Row] = results.get("comparisons") or ()
    blocks: dict[Block, list[Row]] = {}
    for row in summary:
        blocks.setdefault(block_of(row), []).append(row)
    has_equal_budget = "equal" in {block.budget for block in blocks}
    found: list[Finding] = []
    cautions: list[Finding] = []
    for block, rows in blocks.items():
        scope = scope_of(block, list(blocks))
        compared = [row for row in comparisons if block_of(row) == block]
        for kind, text in block_statements(rows, compared):
            found.append({"kind": kind, "scope": scope, "text": text})
        if caution := budget_caution(rows, has_equal_budget=has_equal_budget):
            cautions.append({"kind": "caution", "scope": scope, "text": caution})
    found += _teacher_finding(results.get("teacher") or (), summary)
    general = [*seed_cautions(summary, comparisons), *leak_cautions(results.get("leaks") or {})]
    cautions += [{"kind": "caution", "scope": "", "text": text} for text in general]
    return sorted(found, key=lambda finding: finding["kind"] != "answer") + cautions


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


def _teacher_finding(teacher: Sequence[Row], summary: Sequence[Row]) -> list[Finding]:
    if not teacher:
        return []
    ranked = sorted(teacher, key=lambda row: -row["counts"]["overall"]["f1"])
    scores = listing([_teacher_score(row) for row in ranked])
    documents = plural(ranked[0]["counts"]["documents"], "document")
    text = f"The teacher scores F1 {scores} on {documents} with gold labels."
    students = [row for row in summary if row["test"] and row["regimen"] != "ceiling"]
    if students:
        student = max(students, key=lambda row: row["test"]["mean"])
        gap = ranked[0]["counts"]["overall"]["f1"] - student["test"]["mean"]
        text += (
            f" The best student ({regimen_name(student['regimen'])}) scores {points(abs(gap))} "
            f"points {'less' if gap > 0 else 'more'} on the test set. If these are different "
            f"documents, this comparison is rough."
        )
    return [{"kind": "teacher", "scope": "", "text": text}]


def _teacher_score(row: Row) -> str:
    prompt = str(row["prompt"]).replace("_", " ")
    interval = interval_of(row)
    bounds = f", 95 % interval {f1(interval[0])} to {f1(interval[1])}" if interval else ""
    return f"{f1(row['counts']['overall']['f1'])} ({prompt} prompt{bounds})"
