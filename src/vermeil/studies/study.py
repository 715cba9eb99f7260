"""The study: cells of regimen × seed × budget × data size, then statistics and a report."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from functools import partial
from itertools import product
from multiprocessing import get_context, parent_process
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vermeil.blending.config import BlendingConfig
from vermeil.data.atomic import write_json
from vermeil.data.document import UNANNOTATED, Document
from vermeil.data.progress import Progress, silent
from vermeil.data.results_folder import check_results, record_results
from vermeil.errors import ConfigError, DataError, TrainingError
from vermeil.refinement.judging import divide_corpora
from vermeil.selection.config import SelectionConfig
from vermeil.student.config import StudentConfig
from vermeil.student.network.encoder import require_encoder
from vermeil.studies.best_model import BestModel
from vermeil.studies.cells.cell import run_cell
from vermeil.studies.cells.job import CellJob, RefinementJob
from vermeil.studies.cells.key import cell_key
from vermeil.studies.cells.observation_set import is_observed, sample_observation_set
from vermeil.studies.cells.regimens import CEILING, blending_for
from vermeil.studies.cells.sampling import CellDocuments, sample_documents
from vermeil.studies.collect import PRODUCTS, collect_results
from vermeil.studies.config import PlanConfig, StudyConfig
from vermeil.studies.inputs import StudyCorpora
from vermeil.tasks.protocol import Task
from vermeil.training.fit import plan_for

if TYPE_CHECKING:
    from vermeil.student.encoding.examples import EncodedCorpus
    from vermeil.student.student import Student

RunCells = Callable[[Mapping[str, CellJob], Callable[[str], Path | None]], Iterator[dict[str, Any]]]
"""What runs cells, given by their keys, and yields them as they are done; it is told where to save
the model of each (None: nowhere). A model that is no better on dev than one before may be left out.
"""


@dataclass(frozen=True, slots=True)
class StudyReport:
    """What a study found.

    Args:
        folder: holds ``results.json``, ``report.html`` and ``cells/``.
        results: what ``results.json`` holds.
        model: the best model on dev, if one was kept.
        ran: cells that ran now.
        reused: cells that an earlier run had finished.
    """

    folder: Path
    results: dict[str, Any]
    model: Path | None
    ran: int
    reused: int

    def as_dict(self) -> dict[str, Any]:
        """For JSON: the results without the cells' curves and predictions."""
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


def study(
    corpora: StudyCorpora,
    task: Task,
    config: StudyConfig,
    student: StudentConfig,
    blending: BlendingConfig,
    output: Path,
    progress: Progress = silent,
    context: Mapping[str, Any] | None = None,
    plan: PlanConfig = PlanConfig(),  # noqa: B008
    selection: SelectionConfig = SelectionConfig(),  # noqa: B008
    run_cells: RunCells | None = None,
) -> StudyReport:
    """Run every cell that is not done yet, then write statistics and report.

    Each finished cell is a file of its own under ``cells/``, named by a digest of all that decides
    it: a study that was stopped goes on with the missing cells, and a regimen that is added runs
    only its own.

    Args:
        corpora: the documents.
        task: what the students do.
        config: which cells.
        student: encoder and training settings.
        blending: budget, and the schedules' parameters.
        output: the study's folder.
        progress: told after every cell.
        context: further entries of ``results.json`` for the report: teacher, configuration, ….
        plan: prices, for the frontier of a study over several data sizes.
        selection: for the regimen auto: how silver is judged. The teacher's annotations of a cell's
            gold documents are taken from the silver corpus.
        run_cells: runs them elsewhere than in ``study.workers`` processes of this machine.

    Raises:
        ConfigError: torch, transformers or the encoder is not installed, an unknown
            regimen, or more documents wanted than there are.
        DataError: a cell's file cannot be written, or a file of another origin is in the way.
    """
    require_encoder("vermeil study", student.encoder)
    products = [output / name for name in PRODUCTS]
    check_results(output, products)
    best = BestModel(output) if config.keep_model and corpora.dev else None
    jobs = list(_jobs(corpora, task, config, student, blending))
    judging = RefinementJob((), (), selection, output / "judging")
    jobs = [_with_refinement(job, corpora, judging, config.plain_documents) for job in jobs]
    planned = list(_with_keys(jobs, progress))
    finished = dict(_finished_cells(output / "cells", {key for _, key in planned}))
    missing = {key: job for job, key in planned if key not in finished}
    reused = len(finished)
    progress("study", reused, reused + len(missing), {})
    run = run_cells or partial(_run_all, workers=config.workers)

    def model(key: str) -> Path | None:
        return best.candidate(key) if best else None

    try:
        for cell in run(missing, model):
            write_json(output / "cells" / f"{cell['key']}.json", cell, compact=True)
            finished[cell["key"]] = cell
            if best:
                best.offer(cell)
            progress("study", len(finished), reused + len(missing), _progress_details(cell))
    finally:
        if best:
            best.close()
    cells = [
        {
            **finished[key],
            "regimen": job.regimen,
            "budget": job.blending.budget.name,
            "sizes": list(job.sizes),
        }
        for job, key in planned
    ]
    record_results(output, products)
    results = collect_results(cells, corpora, config, output, context or {}, plan)
    return StudyReport(output, results, best.model if best else None, len(missing), reused)


def _jobs(
    corpora: StudyCorpora,
    task: Task,
    config: StudyConfig,
    student: StudentConfig,
    blending: BlendingConfig,
) -> Iterator[CellJob]:
    """Yield the cells, seed by seed, so that a study that is stopped is balanced."""
    if student.select != "last":
        raise ConfigError(
            f"student.select: {student.select} would let a study's cells see gold that is not "
            "theirs; set it to last"
        )
    if config.baseline not in config.regimens:
        raise ConfigError(f"study.baseline: {config.baseline!r} is not among study.regimens")
    unknown = [r for r in config.mechanism.regimens if r not in (*config.regimens, "all")]
    if unknown:
        raise ConfigError(
            f"study.mechanism.regimens: {unknown[0]!r} is not among study.regimens, nor all"
        )
    threads = student.threads or max(1, (os.cpu_count() or 1) // config.workers)
    student = student.model_copy(update={"threads": threads})
    for seed, gold, silver in product(config.seeds, *config.sizes()):
        draw = sample_documents(corpora.gold, corpora.silver, gold, silver, seed)
        for budget, regimen in product(config.budgets, config.regimens):
            full = blending_for(regimen, blending, config.variants)
            budgeted = full.budget.model_copy(update={"name": budget})
            chosen = draw
            if regimen == CEILING:
                update = {"gold_epochs": budgeted.silver_epochs}
                budgeted = budgeted.model_copy(update=update)
                chosen = _ceiling(draw, corpora.gold)
            elif full.regimen == "gold_only" and not budgeted.grows_with_data:
                # The same training whatever silver there is: one cell for all of its sizes.
                chosen = CellDocuments(draw.gold, _first_silver(corpora, config, gold, seed))
            probes = None
            if is_observed(regimen, config.mechanism):
                probes = sample_observation_set(chosen, corpora, config.mechanism, seed)
            yield CellJob(
                regimen,
                seed,
                chosen,
                full.model_copy(update={"budget": budgeted}),
                student,
                task,
                tuple(corpora.dev),
                tuple(corpora.test),
                probes,
                (len(draw.gold), len(draw.silver)),
            )


def _with_refinement(
    job: CellJob, corpora: StudyCorpora, refinement: RefinementJob, unannotated_documents: int
) -> CellJob:
    if job.blending.regimen != "auto":
        return job
    drawn = {d.id for d in job.documents.silver}
    said = divide_corpora(
        job.documents.gold, [d for d in corpora.silver if d.id not in drawn]
    ).teacher_labels
    used = drawn | {d.id for d in said} | {d.id for d in job.documents.gold}
    left = [d.with_annotation(UNANNOTATED) for d in corpora.silver if d.id not in used]
    more = sample_documents((), left, 0, min(unannotated_documents, len(left)), job.seed).silver
    return replace(job, refinement=replace(refinement, teacher_labels=said, plain=more))


def _first_silver(
    corpora: StudyCorpora, config: StudyConfig, gold: int | None, seed: int
) -> tuple[Document, ...]:
    _, (first, *_) = config.sizes()
    return sample_documents(corpora.gold, corpora.silver, gold, first, seed).silver


def _ceiling(documents: CellDocuments, gold: Sequence[Document]) -> CellDocuments:
    """Give the silver documents their gold labels."""
    labelled = {d.id: d for d in gold}
    missing = sum(d.id not in labelled for d in documents.silver)
    if missing:
        raise ConfigError(
            f"study.regimens: {CEILING} needs gold labels of the silver documents, and {missing} "
            "have none in corpora.gold"
        )
    return CellDocuments((*documents.gold, *(labelled[d.id] for d in documents.silver)), ())


def _with_keys(jobs: Sequence[CellJob], progress: Progress) -> Iterator[tuple[CellJob, str]]:
    """Yield each cell with its key; documents are encoded once per draw."""
    from vermeil.student.student import Student

    encoder: Student | None = None
    last: CellDocuments | None = None
    encoded: tuple[EncodedCorpus, EncodedCorpus] | None = None
    for number, job in enumerate(jobs):
        if encoder is None:
            encoder = Student.create(job.task, job.student, job.seed)
        if encoded is None or job.documents is not last:
            last = job.documents
            encoded = (
                encoder.encode(job.documents.gold, "gold"),
                encoder.encode(job.documents.silver, "silver"),
            )
        yield job, cell_key(job, plan_for(*encoded, job.blending, job.seed))
        progress("plan", number + 1, len(jobs), {})


def _run_all(
    jobs: Mapping[str, CellJob], model: Callable[[str], Path | None], workers: int
) -> Iterator[dict[str, Any]]:
    """Yield cells as they are done, one after another or in processes of their own."""
    if workers == 1:
        for key, job in jobs.items():
            yield run_cell(job, key, model(key))
        return
    executor = ProcessPoolExecutor(
        workers, mp_context=get_context("spawn"), initializer=_exit_with_parent
    )
    try:
        futures = [executor.submit(run_cell, job, key, model(key)) for key, job in jobs.items()]
        for future in as_completed(futures):
            yield future.result()
    except BrokenProcessPool as error:
        raise TrainingError(
            "a process that trained a cell was killed, most likely for want of memory; finished "
            "cells are kept: run the study again, with fewer study.workers"
        ) from error
    finally:
        executor.shutdown(cancel_futures=True)


def _exit_with_parent() -> None:
    """Let this process end when the study is killed, rather than train its cell for nobody."""
    parent = parent_process()

    def wait() -> None:
        if parent is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=wait, name="vermeil-parent", daemon=True).start()


def _finished_cells(folder: Path, keys: set[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the cells of an earlier run."""
    for key in keys:
        path = folder / f"{key}.json"
        if not path.exists():
            continue
        try:
            yield key, json.loads(path.read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise DataError(
                f"is not a cell of a study ({error}); delete it to run it again", path
            ) from error


def _progress_details(cell: Mapping[str, Any]) -> dict[str, float | int | str]:
    detail = {name: cell[name] for name in ("regimen", "budget", "seed")}
    score = cell["test"] or cell["dev"]
    return {**detail, "f1": score["overall"]["f1"]} if score else detail
