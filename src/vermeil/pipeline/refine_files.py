"""`select` and `refine` over the files of a configuration."""

from __future__ import annotations

import json
from typing import Any, Literal

from vermeil.corpora import read_corpus, require_readable, write_corpus
from vermeil.data.atomic import atomic_file, write_json
from vermeil.data.progress import Progress, silent
from vermeil.data.results_folder import check_results, record_results
from vermeil.jobs.run_folder import RunFolder
from vermeil.jobs.sections import Sections
from vermeil.pipeline.stages import required_corpus, silver_corpus
from vermeil.refinement.refine import refine
from vermeil.refinement.select import rank_silver, select
from vermeil.refinement.student_trainer import ScorerSettings
from vermeil.tasks import make_task
from vermeil.training.requirements import require_judging


def curate_files(
    config: Sections, verb: Literal["select", "refine"], progress: Progress = silent
) -> dict[str, Any]:
    """Judge the silver of a configuration and write what comes of it into the run's folder.

    ``select`` writes ``selected.jsonl``, ``selection.json`` and ``ranking.jsonl``; ``refine``
    writes ``refined.jsonl`` and ``refinement.json``.

    Returns:
        The report, with the files.

    Raises:
        ConfigError: gold is not configured.
        DataError: too few gold documents were annotated by the teacher, or there is no silver, or
            a file of another origin is in the way.
    """
    task, places = make_task(config.task), RunFolder(config.run.output)
    output, account = places.curated_files(verb)
    products = [output, account, *([places.ranking] if verb == "select" else [])]
    check_results(places.path, products)
    corpus = required_corpus(config, "gold", "name the annotated file that silver is judged by")
    require_judging(f"vermeil {verb}", config.selection, config.student)
    require_readable(corpus, silver_corpus(config))
    gold = list(read_corpus(corpus, task.check))
    silver = list(read_corpus(silver_corpus(config), task.check))
    learning = ScorerSettings(
        task, config.student, config.blending, config.run.seed, places.scorer_cache
    )
    done = {"select": select, "refine": refine}[verb](
        gold, silver, learning, config.selection, progress
    )
    record_results(places.path, products)
    write_corpus(done.documents, output, "jsonl", overwrite=True)
    write_json(account, done.report)
    report = {**done.report, "output": str(output), "account": str(account)}
    if verb == "select":
        with atomic_file(places.ranking) as file:
            for row in rank_silver(done.judge_result):
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
        report["ranking"] = str(places.ranking)
    return report
