"""Statistics over finished cells, ``results.json`` and the report files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from pathlib import Path

from vermeil.corpora import corpus_stats, find_leaks
from vermeil.data.atomic import write_json
from vermeil.data.document import Document
from vermeil.errors import DataError
from vermeil.jobs.appraise import blend_advice
from vermeil.studies.config import PlanConfig
from vermeil.studies.environment import describe_environment
from vermeil.studies.inputs import StudyCorpora, report_labels
from vermeil.studies.report.csv import write_cells, write_comparisons
from vermeil.studies.report.figures import FIGURES, write_figures
from vermeil.studies.report.findings import findings
from vermeil.studies.report.html import write_report
from vermeil.studies.report.tables import write_tables
from vermeil.studies.results.cell import CellResult
from vermeil.studies.results.context import ExampleRecord, StudyContext
from vermeil.studies.results.frontier import FrontierRecord
from vermeil.studies.results.load import as_record
from vermeil.studies.results.scores import ReportLabels
from vermeil.studies.results.statistics import LeakCounts
from vermeil.studies.results.study import StudyResults
from vermeil.studies.settings import StudySettings
from vermeil.studies.statistics.compare import compare, summarise
from vermeil.studies.statistics.fitted_frontier import Frontier
from vermeil.studies.statistics.frontier import frontier_record
from vermeil.studies.statistics.mechanism import mechanism
from vermeil.studies.statistics.size_grid import read_grid
from vermeil.studies.statistics.unfinished import unfinished_learning

PRODUCTS = (
    *("results.json", "report.html", "report.md", "cells.csv", "comparisons.csv"),
    *("tables.csv", "tables.tex"),
)
"""Files that `collect_results` writes into the study's folder, beside the folder ``figures``."""

EXAMPLES = 12
"""Number of test documents in the report."""


def collect_results(
    cells: Sequence[CellResult],
    corpora: StudyCorpora,
    settings: StudySettings,
    output: Path,
    context: StudyContext,
) -> StudyResults:
    """Write ``results.json``, the report, tables and figures; return the results.

    Args:
        cells: finished cells, in the order of the tables.
        corpora: the study's corpora.
        settings: baseline, resamples and prices.
        output: the study's folder.
        context: configuration and scores of the teacher.
    """
    config = settings.study
    advice = blend_advice(corpora.gold, corpora.silver, settings.task)
    known = StudyResults(
        cells=tuple(replace(cell, predictions={}) for cell in cells),
        summary=tuple(summarise(cells)),
        comparisons=tuple(compare(cells, config.baseline, config.resamples)),
        unfinished=tuple(unfinished_learning(cells)),
        mechanism=tuple(mechanism(cells)),
        frontier=_frontier(cells, settings.plan),
        examples=tuple(_examples(cells, corpora)),
        environment=describe_environment(),
        corpora={name: corpus_stats(documents).as_dict() for name, documents in corpora.named()},
        leaks=leaks_between(corpora),
        configuration=context.configuration,
        teacher=context.teacher,
        agreement=context.agreement,
        advice="" if advice is None else advice.sentence,
    )
    results = replace(known, findings=tuple(findings(known)))
    write_json(output / "results.json", as_record(results))
    write_report(results, output / "report.html")
    write_cells(results.cells, output / "cells.csv")
    write_comparisons(results.comparisons, output / "comparisons.csv")
    write_tables(results, output)
    write_figures(results, output / FIGURES)
    return results


def _frontier(cells: Sequence[CellResult], plan: PlanConfig) -> FrontierRecord | None:
    """Return the cost frontier; None if the study has too few data sizes."""
    try:
        grid = read_grid(cells, plan.regimen)
    except DataError:
        return None
    return frontier_record(Frontier.fit(grid, plan.resamples), plan)


def leaks_between(corpora: StudyCorpora) -> dict[str, LeakCounts]:
    """Return the number of texts that each pair of splits shares.

    Gold and silver are left out as a pair: both are training data.
    """
    leaks = {}
    for (left, documents), (right, others) in combinations(corpora.named(), 2):
        if (left, right) != ("gold", "silver"):
            report = find_leaks(documents, others)
            leaks[f"{left}/{right}"] = LeakCounts(len(report.exact), len(report.near))
    return leaks


def _examples(cells: Sequence[CellResult], corpora: StudyCorpora) -> Iterator[ExampleRecord]:
    """Yield test documents with the predictions of the first seed, most different ones first."""
    first_seed = cells[0].seed if cells else 0
    predicted: dict[str, Mapping[str, ReportLabels]] = {}
    for cell in cells:
        if cell.seed == first_seed:
            predicted.setdefault(cell.regimen, cell.predictions)
    if not predicted:
        return
    documents = [d for d in corpora.test if all(d.id in known for known in predicted.values())]

    def variants(document: Document) -> int:
        return len({str(known[document.id]) for known in predicted.values()})

    silver = {d.id: d for d in corpora.silver}
    for document in sorted(documents, key=variants, reverse=True)[:EXAMPLES]:
        teacher = silver.get(document.id)
        yield ExampleRecord(
            id=document.id,
            text=document.text,
            gold=report_labels(document),
            teacher=report_labels(teacher) if teacher else None,
            students={name: known[document.id] for name, known in predicted.items()},
        )
