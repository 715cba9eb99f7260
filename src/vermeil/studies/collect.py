"""Statistics over finished cells, ``results.json`` and the report files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

from vermeil.corpora import corpus_stats, find_leaks
from vermeil.data.atomic import write_json
from vermeil.data.document import Document
from vermeil.errors import DataError
from vermeil.studies.config import PlanConfig
from vermeil.studies.environment import describe_environment
from vermeil.studies.inputs import StudyCorpora, report_labels
from vermeil.studies.report.csv import write_cells, write_comparisons
from vermeil.studies.report.findings import findings
from vermeil.studies.report.html import write_report
from vermeil.studies.settings import StudySettings
from vermeil.studies.statistics.compare import compare, summarise
from vermeil.studies.statistics.fitted_frontier import Frontier
from vermeil.studies.statistics.frontier import frontier_record
from vermeil.studies.statistics.mechanism import mechanism
from vermeil.studies.statistics.size_grid import read_grid

PRODUCTS = ("results.json", "report.html", "report.md", "cells.csv", "comparisons.csv")
"""Files that `collect_results` writes into the study's folder."""

EXAMPLES = 12
"""Number of test documents in the report."""


def collect_results(
    cells: Sequence[Mapping[str, Any]],
    corpora: StudyCorpora,
    settings: StudySettings,
    output: Path,
    context: Mapping[str, Any],
) -> dict[str, Any]:
    """Write ``results.json``, the report and the CSV files; return the results.

    Args:
        cells: finished cells, in the order of the tables.
        corpora: the study's corpora.
        settings: baseline, resamples and prices.
        output: the study's folder.
        context: further entries, for example ``teacher`` and ``configuration``.
    """
    config = settings.study
    results: dict[str, Any] = {
        "cells": [{k: v for k, v in cell.items() if k != "predictions"} for cell in cells],
        "summary": summarise(cells),
        "comparisons": compare(cells, config.baseline, config.resamples),
        "environment": describe_environment(),
        "corpora": {name: corpus_stats(documents).as_dict() for name, documents in corpora.named()},
        "leaks": leaks_between(corpora),
        "examples": list(_examples(cells, corpora)),
        "mechanism": mechanism(cells),
        "frontier": _frontier(cells, settings.plan),
        **context,
    }
    results["findings"] = findings(results)
    write_json(output / "results.json", results)
    write_report(results, output / "report.html")
    write_cells(results["cells"], output / "cells.csv")
    write_comparisons(results["comparisons"], output / "comparisons.csv")
    return results


def _frontier(cells: Sequence[Mapping[str, Any]], plan: PlanConfig) -> dict[str, Any] | None:
    """Return the cost frontier; None if the study has too few data sizes."""
    try:
        grid = read_grid({"cells": cells}, plan.regimen)
    except DataError:
        return None
    return frontier_record(Frontier.fit(grid, plan.resamples), plan)


def leaks_between(corpora: StudyCorpora) -> dict[str, dict[str, int]]:
    """Return the number of texts that each pair of splits shares.

    Gold and silver are left out as a pair: both are training data.
    """
    leaks = {}
    for (left, documents), (right, others) in combinations(corpora.named(), 2):
        if (left, right) != ("gold", "silver"):
            report = find_leaks(documents, others)
            leaks[f"{left}/{right}"] = {"exact": len(report.exact), "near": len(report.near)}
    return leaks


def _examples(
    cells: Sequence[Mapping[str, Any]], corpora: StudyCorpora
) -> Iterator[dict[str, Any]]:
    """Yield test documents with the predictions of the first seed, most different ones first."""
    first_seed = cells[0]["seed"] if cells else 0
    predicted: dict[str, Mapping[str, Any]] = {}
    for cell in cells:
        if cell["seed"] == first_seed:
            predicted.setdefault(cell["regimen"], cell.get("predictions", {}))
    if not predicted:
        return
    documents = [d for d in corpora.test if all(d.id in known for known in predicted.values())]

    def variants(document: Document) -> int:
        return len({str(known[document.id]) for known in predicted.values()})

    silver = {d.id: d for d in corpora.silver}
    for document in sorted(documents, key=variants, reverse=True)[:EXAMPLES]:
        teacher = silver.get(document.id)
        yield {
            "id": document.id,
            "text": document.text,
            "gold": report_labels(document),
            "teacher": report_labels(teacher) if teacher else None,
            "students": {name: known[document.id] for name, known in predicted.items()},
        }
