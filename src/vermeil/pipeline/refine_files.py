"""`select` and `refine` over the files of a configuration."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Literal

from vermeil.config import Config
from vermeil.corpora import read_corpus, require_readable, write_corpus
from vermeil.data.atomic import atomic_file, write_json
from vermeil.data.leftovers import remove_leftovers
from vermeil.data.lock import lock_folder
from vermeil.data.progress import Progress, silent
from vermeil.data.results_folder import check_results, record_results
from vermeil.jobs.run_folder import RunFolder
from vermeil.pipeline.documents import required_corpus, silver_corpus
from vermeil.refinement.refine import refine
from vermeil.refinement.select import rank_silver, select
from vermeil.tasks import make_task
from vermeil.tasks.added_labels import with_unknown_labels
from vermeil.training.job import TrainJob
from vermeil.training.requirements import require_judging


def curate_files(
    config: Config,
    verb: Literal["select", "refine"],
    progress: Progress = silent,
    on_start: Callable[[TrainJob], None] = lambda _: None,
) -> dict[str, Any]:
    """Select or refine the silver of a configuration and write the results into the run's folder.

    ``select`` writes ``selected.jsonl``, ``selection.json`` and ``ranking.jsonl``; ``refine``
    writes ``refined.jsonl`` and ``refinement.json``.

    Args:
        config: the whole configuration.
        verb: ``select`` or ``refine``.
        progress: called with stage, done, total and details.
        on_start: called with the documents before the first student is trained.

    Returns:
        The report, with the paths of the files.

    Raises:
        ConfigError: gold is not configured.
        DataError: the teacher annotated too few gold documents, silver is missing, or the output
            folder holds a file of another origin.
        LockedError: another process writes the folder of the run.
    """
    with lock_folder(config.run.output):
        return _curate_files(config, verb, progress, on_start)


def _curate_files(
    config: Config,
    verb: Literal["select", "refine"],
    progress: Progress,
    on_start: Callable[[TrainJob], None],
) -> dict[str, Any]:
    task, run_folder = make_task(config.task), RunFolder(config.run.output)
    output, report_file = run_folder.curated_files(verb)
    results = [output, report_file, *([run_folder.ranking] if verb == "select" else [])]
    check_results(run_folder.path, results)
    for path in results:
        remove_leftovers(path)
    corpus = required_corpus(config, "gold", "name the annotated file that silver is judged by")
    require_judging(f"vermeil {verb}", config.selection, config.student)
    require_readable(corpus, silver_corpus(config))
    job = TrainJob(
        gold=with_unknown_labels(read_corpus(corpus, task.check), task),
        silver=with_unknown_labels(read_corpus(silver_corpus(config), task.check), task),
        task=task,
        student=config.student,
        blending=config.blending,
        selection=config.selection,
        seed=config.run.seed,
    )
    on_start(job)
    curated = {"select": select, "refine": refine}[verb](job, run_folder.scorer_cache, progress)
    record_results(run_folder.path, results)
    write_corpus(curated.documents, output, "jsonl", overwrite=True)
    record = curated.report.as_dict()
    write_json(report_file, record)
    report = {**record, "output": str(output), "report_file": str(report_file)}
    if verb == "select":
        with atomic_file(run_folder.ranking) as file:
            for row in rank_silver(curated.judge_result):
                file.write(json.dumps(row.as_dict(), ensure_ascii=False) + "\n")
        report["ranking"] = str(run_folder.ranking)
    return report
