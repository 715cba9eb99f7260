"""From finished cells to ``results.json`` and ``report.html``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

from vermeil.corpora import corpus_stats, find_leaks
from vermeil.data.atomic import write_json
from vermeil.data.document import Document
from vermeil.errors import DataError
from vermeil.studies.config import PlanConfig, StudyConfig
from vermeil.studies.environment import describe_environment
from vermeil.studies.inputs import StudyCorpora, report_labels
from vermeil.studies.report.csv import write_cells, write_comparisons
from vermeil.studies.report.findings import findings
from vermeil.studies.report.html import write_report
from vermeil.studies.statistics.compare import compare, summarise
from vermeil.studies.statistics.frontier import Frontier, frontier_record
from vermeil.studies.statistics.mechanism import mechanism
from vermeil.studies.statistics.size_grid import read_grid

PRODUCTS = ("results.json", "report.html", "report.md", "cells.csv", "comparisons.csv")
"""Files that `collect_results` writes into the study's folder."""

EXAMPLES = 12
"""Test documents that the report shows."""


def collect_results(
    cells: Sequence[Mapping[str, Any]],
    corpora: StudyCorpora,
    config: StudyConfig,
    output: Path,
    context: Mapping[str, Any],
    plan: PlanConfig,
) -> dict[str, Any]:
    """Summarise the cells, write ``results.json`` and the report, and return the former.

    The report is ``report.html`` and ``report.md``; ``cells.csv`` and ``comparisons.csv`` are for
    spreadsheets.

    Args:
        cells: finished cells, in the order in which tables show them.
        corpora: the documents of the study.
        config: names the baseline and the resamples.
        output: the study's folder.
        context: further entries, such as ``teacher`` and ``configuration``.
        plan: prices, for the frontier of a study over data sizes.
    """
    results: dict[str, Any] = {
        "cells": [{k: v for k, v in cell.items() if k != "predictions"} for cell in cells],
        "summary": summarise(cells),
        "comparisons": compare(cells, config.baseline, config.resamples),
        "environment": describe_environment(),
        "corpora": {name: corpus_stats(documents).as_dict() for name, documents in corpora.named()},
        "leaks": leaks_between(corpora),
        "examples": list(_examples(cells, corpora)),
        "mechanism": mechanism(cells),
        "frontier": _frontier(cells, plan),
        **context,
    }
    results["findings"] = findings(results)
    write_json(output / "results.json", results)
    write_report(results, output / "report.html")
    write_cells(results["cells"], output / "cells.csv")
    write_comparisons(results["comparisons"], output / "comparisons.csv")
    return results


def _frontier(cells: Sequence[Mapping[str, Any]], plan: PlanConfig) -> dict[str, Any] | None:
    """Return what gold and silver documents buy; None where the study has too few sizes."""
    try:
        grid = read_grid({"cells": cells}, plan.regimen)
    except DataError:
        return None
    return frontier_record(Frontier.fit(grid, plan.resamples), plan)


def leaks_between(corpora: StudyCorpora) -> dict[str, dict[str, int]]:
    """Return how many texts each pair of splits shares, where training could profit from it.

    Gold and silver may share texts: both are for training.
    """
    found = {}
    for (left, ours), (right, theirs) in combinations(corpora.named(), 2):
        if (left, right) != ("gold", "silver"):
            report = find_leaks(ours, theirs)
            found[f"{left}/{right}"] = {"exact": len(report.exact), "near": len(report.near)}
    return found


def _examples(
    cells: Sequence[Mapping[str, Any]], corpora: StudyCorpora
) -> Iterator[dict[str, Any]]:
    """Yield test documents with what students said, those on which they differ most first."""
    first_seed = cells[0]["seed"] if cells else 0
    said: dict[str, Mapping[str, Any]] = {}
    for cell in cells:
        if cell["seed"] == first_seed:
            said.setdefault(cell["regimen"], cell.get("predictions", {}))
    documents = [d for d in corpora.test if all(d.id in p for p in said.values())] if said else []

    def disagreement(document: Document) -> int:
        return len({str(predictions[document.id]) for predictions in said.values()})

    silver = {d.id: d for d in corpora.silver}
    for document in sorted(documents, key=disagreement, reverse=True)[:EXAMPLES]:
        teacher = silver.get(document.id)
        yield {
            "id": document.id,
            "text": document.text,
            "gold": report_labels(document),
            "teacher": report_labels(teacher) if teacher else None,
            "students": {name: predictions[document.id] for name, predictions in said.items()},
        }
