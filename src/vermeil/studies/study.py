"""``vermeil study``: train and compare regimens, then write statistics and a report."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial, wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from vermeil.data.leftovers import remove_leftovers
from vermeil.data.lock import lock_folder
from vermeil.data.progress import Progress, silent
from vermeil.data.results_folder import check_results, record_results
from vermeil.data.written import check_folder
from vermeil.errors import DataError
from vermeil.student.network.encoder import require_encoder
from vermeil.studies.best_model import BestModel
from vermeil.studies.collect import PRODUCTS, collect_results
from vermeil.studies.execution import RunCells, run_cells_locally
from vermeil.studies.finished_cells import (
    ARCHIVE,
    CELLS,
    cell_file,
    read_finished_cells,
    write_cell,
)
from vermeil.studies.inputs import StudyCorpora
from vermeil.studies.plan_cells import PlannedCell, plan_cells
from vermeil.studies.report.figures import FIGURES
from vermeil.studies.results.cell import CellResult
from vermeil.studies.results.context import StudyContext
from vermeil.studies.results.load import as_record
from vermeil.studies.results.study import StudyResults
from vermeil.studies.settings import StudySettings


@dataclass(frozen=True, slots=True)
class StudyReport:
    """Results of a study.

    Args:
        folder: the study's folder, with ``results.json``, ``report.html``, tables, ``figures/`` and
            ``cells/``.
        results: contents of ``results.json``.
        model: the model with the best dev F1, if one is kept.
        ran: number of cells trained in this run.
        reused: number of cells that an earlier run has finished.
        outdated: number of cells in the folder with a key of another version; they are not reused.
        retrained: whether the best cell was trained again, because its model had not been kept.
    """

    folder: Path
    results: StudyResults
    model: Path | None
    ran: int
    reused: int
    outdated: int = 0
    retrained: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Return the results for JSON, without the cells' curves and predictions."""
        bulky = ("plan", "curve", "dev_curve", "test_groups", "predictions", "mechanism")
        cells = [
            {name: value for name, value in as_record(cell).items() if name not in bulky}
            for cell in self.results.cells
        ]
        return {
            **as_record(replace(self.results, cells=(), examples=())),
            "cells": cells,
            "folder": str(self.folder),
            "model": None if self.model is None else str(self.model),
            "ran": self.ran,
            "reused": self.reused,
            "outdated": self.outdated,
            "retrained": self.retrained,
        }


P = ParamSpec("P")
R = TypeVar("R")


def _settings_required(function: Callable[P, R]) -> Callable[P, R]:
    """Raise a TypeError that names `StudySettings` when a call does not pass one."""
    signature = inspect.signature(function)
    expected = (
        "pass the task and all configuration as one StudySettings: "
        "study(corpora, StudySettings(task=task, study=…, student=…), output)"
    )

    @wraps(function)
    def checked(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            given = signature.bind(*args, **kwargs).arguments["settings"]
        except TypeError as error:
            raise TypeError(f"study(): {error}; {expected}") from None
        if not isinstance(given, StudySettings):
            raise TypeError(f"study(): settings is a {type(given).__name__}; {expected}")
        return function(*args, **kwargs)

    return checked


@_settings_required
def study(
    corpora: StudyCorpora,
    settings: StudySettings,
    output: Path | str,
    progress: Progress = silent,
    *,
    context: StudyContext | None = None,
    run_cells: RunCells | None = None,
) -> StudyReport:
    """Run every cell that is not finished yet, then write statistics and a report.

    Each finished cell is a file under ``cells/``, named by a digest of its inputs. An interrupted
    study therefore continues with the missing cells, and a new regimen runs only its own cells.

    Args:
        corpora: the corpora.
        settings: task and configuration.
        output: the study's folder.
        progress: called after every cell with stage "study" and the cell's score.
        context: further contents of ``results.json`` for the report: configuration and teacher.
        run_cells: runs the cells; None: ``study.workers`` processes of this machine.

    Raises:
        ConfigError: torch, transformers or the encoder is not installed, a regimen is unknown, or
            a corpus has too few documents.
        DataError: a cell's file cannot be written, or a file that Vermeil did not write is in the
            way.
        LockedError: another process runs a study in this folder.
        TypeError: ``settings`` is missing or is not a `StudySettings`.
    """
    output = Path(output)
    require_encoder("vermeil study", settings.student.encoder)
    with lock_folder(output):
        return _study(corpora, settings, output, progress, context or StudyContext(), run_cells)


def _study(
    corpora: StudyCorpora,
    settings: StudySettings,
    output: Path,
    progress: Progress,
    context: StudyContext,
    run_cells: RunCells | None,
) -> StudyReport:
    """Run the study; its folder is locked."""
    products = [output / name for name in PRODUCTS]
    check_results(output, products)
    check_folder(output / FIGURES, FIGURES)
    for path in (*products, output / FIGURES, output / "model"):
        remove_leftovers(path)
    planned = plan_cells(corpora, settings, output, progress)
    jobs = {cell.key: cell.job for cell in planned}
    earlier = read_finished_cells(output, jobs)
    finished = dict(earlier.cells)
    _check_scores(finished, corpora, output)
    best = BestModel(output, finished) if settings.study.keep_model and corpora.dev else None
    missing = {key: job for key, job in jobs.items() if key not in finished}
    progress("study", len(finished), len(jobs), {})
    run = run_cells or partial(run_cells_locally, workers=settings.study.workers)
    retrained = False
    try:
        for cell in run(missing, best.candidate_folder if best else _no_model):
            write_cell(cell, output / CELLS)
            finished[cell.key] = cell
            if best:
                best.update(cell)
            progress("study", len(finished), len(jobs), _progress_details(cell))
        lost = best.lost(finished) if best else None
        if best and lost:
            progress("best model", 0, 1, _progress_details(finished[lost]))
            for cell in run({lost: jobs[lost]}, best.candidate_folder):
                retrained = best.restore(cell)
            progress("best model", 1, 1, _progress_details(finished[lost]))
    finally:
        if best:
            best.close()
    record_results(output, products)
    cells = list(_as_planned(planned, finished))
    results = collect_results(cells, corpora, settings, output, context)
    return StudyReport(
        folder=output,
        results=results,
        model=best.model if best else None,
        ran=len(missing),
        reused=len(earlier.cells),
        outdated=earlier.outdated,
        retrained=retrained,
    )


def _no_model(key: str) -> None:
    """Return no folder: models are not saved."""


def _check_scores(finished: Mapping[str, CellResult], corpora: StudyCorpora, output: Path) -> None:
    """Raise `DataError` for a finished cell without the scores of this study's corpora."""
    for key, cell in finished.items():
        for split, documents, score in (
            ("dev", corpora.dev, cell.dev),
            ("test", corpora.test, cell.test),
        ):
            if bool(documents) != (score is not None):
                path = cell_file(output / CELLS, key)
                raise DataError(
                    f"{split}: the scores are {'missing' if documents else 'not of this study'}; "
                    "delete the cell to run it again",
                    path if path.exists() else output / ARCHIVE,
                )


def _as_planned(
    planned: Sequence[PlannedCell], finished: Mapping[str, CellResult]
) -> Iterator[CellResult]:
    """Yield the finished cells with the names that this study gives them."""
    for job, key in planned:
        yield replace(
            finished[key], regimen=job.regimen, budget=job.blending.budget.name, sizes=job.sizes
        )


def _progress_details(cell: CellResult) -> dict[str, float | int | str]:
    score = cell.test or cell.dev
    f1 = {} if score is None else {"f1": score.overall.f1}
    return {"regimen": cell.regimen, "budget": cell.budget, "seed": cell.seed, **f1}
