"""``vermeil study``: train and compare regimens, then write statistics and a report."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial, wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from vermeil.data.leftovers import remove_leftovers
from vermeil.data.lock import lock_folder
from vermeil.data.progress import Progress, silent
from vermeil.data.results_folder import check_results, record_results
from vermeil.student.network.encoder import require_encoder
from vermeil.studies.best_model import BestModel
from vermeil.studies.collect import PRODUCTS, collect_results
from vermeil.studies.execution import RunCells, run_cells_locally
from vermeil.studies.finished_cells import read_finished_cells, write_cell
from vermeil.studies.inputs import StudyCorpora
from vermeil.studies.plan_cells import PlannedCell, plan_cells
from vermeil.studies.settings import StudySettings


@dataclass(frozen=True, slots=True)
class StudyReport:
    """Results of a study.

    Args:
        folder: the study's folder, with ``results.json``, ``report.html`` and ``cells/``.
        results: contents of ``results.json``.
        model: the model with the best dev F1, if one is kept.
        ran: number of cells trained in this run.
        reused: number of cells that an earlier run has finished.
    """

    folder: Path
    results: dict[str, Any]
    model: Path | None
    ran: int
    reused: int

    def as_dict(self) -> dict[str, Any]:
        """Return the results for JSON, without the cells' curves and predictions."""
        bulky = ("plan", "curve", "dev_curve", "test_groups", "predictions", "mechanism")
        cells = [
            {k: v for k, v in cell.items() if k not in bulky} for cell in self.results["cells"]
        ]
        return {
            **self.results,
            "cells": cells,
            "examples": [],
            "folder": str(self.folder),
            "model": None if self.model is None else str(self.model),
            "ran": self.ran,
            "reused": self.reused,
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
    context: Mapping[str, Any] | None = None,
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
        context: further entries of ``results.json`` for the report, for example ``teacher``.
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
        return _study(corpora, settings, output, progress, context or {}, run_cells)


def _study(
    corpora: StudyCorpora,
    settings: StudySettings,
    output: Path,
    progress: Progress,
    context: Mapping[str, Any],
    run_cells: RunCells | None,
) -> StudyReport:
    """Run the study; its folder is locked."""
    products = [output / name for name in PRODUCTS]
    check_results(output, products)
    for path in (*products, output / "model"):
        remove_leftovers(path)
    best = BestModel(output) if settings.study.keep_model and corpora.dev else None
    planned = plan_cells(corpora, settings, output, progress)
    finished = read_finished_cells(output / "cells", (cell.key for cell in planned))
    reused = len(finished)
    missing = {cell.key: cell.job for cell in planned if cell.key not in finished}
    total = reused + len(missing)
    progress("study", reused, total, {})
    run = run_cells or partial(run_cells_locally, workers=settings.study.workers)
    try:
        for cell in run(missing, best.candidate_folder if best else _no_model):
            write_cell(cell, output / "cells")
            finished[cell["key"]] = cell
            if best:
                best.update(cell)
            progress("study", len(finished), total, _progress_details(cell))
    finally:
        if best:
            best.close()
    record_results(output, products)
    cells = list(_as_planned(planned, finished))
    results = collect_results(cells, corpora, settings, output, context)
    return StudyReport(output, results, best.model if best else None, len(missing), reused)


def _no_model(key: str) -> None:
    """Return no folder: models are not saved."""


def _as_planned(
    planned: Sequence[PlannedCell], finished: Mapping[str, Mapping[str, Any]]
) -> Iterator[dict[str, Any]]:
    """Yield the finished cells with the names that this study gives them."""
    for job, key in planned:
        names = {"regimen": job.regimen, "budget": job.blending.budget.name}
        yield {**finished[key], **names, "sizes": list(job.sizes)}


def _progress_details(cell: Mapping[str, Any]) -> dict[str, float | int | str]:
    detail = {name: cell[name] for name in ("regimen", "budget", "seed")}
    score = cell["test"] or cell["dev"]
    return {**detail, "f1": score["overall"]["f1"]} if score else detail
