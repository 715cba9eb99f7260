"""The work of each stage: call the job with the configured documents and write its output."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from vermeil.config import Config
from vermeil.corpora import write_corpus
from vermeil.data.annotation_spans import only_labels
from vermeil.data.atomic import write_json
from vermeil.data.document import Document
from vermeil.data.malformed import translate_malformed
from vermeil.data.progress import Progress
from vermeil.jobs.again import Again
from vermeil.jobs.executor import Executor
from vermeil.jobs.run_folder import RunFolder
from vermeil.pipeline.demonstration_files import demonstrations_for
from vermeil.pipeline.documents import scored_corpus, training_job
from vermeil.pipeline.label_groups import (
    ADDED,
    LIMITED,
    group_configs,
    merge_located,
    run_groups,
)
from vermeil.pipeline.pool import pool_documents
from vermeil.pipeline.stage import Report
from vermeil.student.network.card import hub_task
from vermeil.student.network.card_blocks import card_result, write_results
from vermeil.tasks import make_task
from vermeil.training.usable_silver import check_silver


def request_replies(
    config: Config,
    progress: Progress,
    executor: Executor,
    again: Again | None = None,
    labels: Sequence[str] = (),
) -> Report:
    """Request replies for the pool: the missing ones, or those that are chosen again.

    Args:
        config: the whole configuration.
        progress: called with stage, done, total and details.
        executor: where the requests are sent from.
        again: requests to send again; None: the missing ones.
        labels: labels added later that the requests are limited to; empty: all labels.
    """
    from vermeil.jobs.annotate import AnnotateJob, annotate_job
    from vermeil.teacher.engine import send_requests

    def run(group: Config) -> Report:
        job = AnnotateJob(
            pool_documents(group),
            make_task(group.task),
            group.teacher,
            RunFolder(group.run.output).replies,
            demonstrations_for(config, tuple(group.task.labels)),
            again,
        )
        return annotate_job(job, progress, executor.send_requests or send_requests).as_dict()

    return run_groups(config, labels, run)


def has_no_failures(report: Report) -> bool:
    """Return whether no request of ``annotate`` failed, is pending or exceeded a limit.

    A report that is limited to some labels does not cover the others.
    """
    added = report.get(ADDED, {}).values()
    requested = [one for part in (report, *added) for one in (part, part.get("verify")) if one]
    open_states = ("failed", "over_budget", "pending")
    return LIMITED not in report and not any(
        one["states"].get(name, 0) for one in requested for name in open_states
    )


def locate_pool(config: Config, progress: Progress, _executor: Executor) -> Report:
    """Read the stored replies about the pool and write silver and the report."""
    from vermeil.jobs.locate import locate

    pool = list(pool_documents(config, "name the text that the teacher annotated"))
    run_folder = RunFolder(config.run.output)
    groups = group_configs(config)
    located = {
        label: locate(
            pool if len(groups) == 1 else _known_for(pool, tuple(group.task.labels)),
            make_task(group.task),
            config.teacher,
            run_folder.replies,
            progress,
            demonstrations_for(config, tuple(group.task.labels)),
        )
        for label, group in groups.items()
    }
    first = located.pop("")
    documents, report = merge_located(first, located, config)
    write_corpus(documents, run_folder.silver, "jsonl", overwrite=True)
    write_json(run_folder.locate_report, report)
    return report


def _known_for(pool: Sequence[Document], labels: Sequence[str]) -> list[Document]:
    """Return the documents with the gold of some labels only, to score the teacher on these."""
    return [one.with_annotation(only_labels(one.annotation, labels)) for one in pool]


def train_student(config: Config, progress: Progress, executor: Executor) -> Report:
    """Train the student on the configured gold and silver."""
    from vermeil.jobs.train import train

    progress("prepare training", 0, None, {})
    job, output = training_job(config), RunFolder(config.run.output).model
    check_silver(job, _silver_states(config))
    report = (executor.train or train)(job, output, progress)
    return report.as_dict()


def _silver_states(config: Config) -> Mapping[str, int] | None:
    """Return the states that `locate` wrote; None if silver is a given file."""
    report = RunFolder(config.run.output).locate_report
    if config.corpora.silver is not None or not report.exists():
        return None
    with translate_malformed(report):
        states = json.loads(report.read_text(encoding="utf-8"))["states"]
        return {str(name): int(number) for name, number in states.items()}


def evaluate_student(config: Config, progress: Progress, _executor: Executor) -> Report:
    """Score the student on test, or else dev, and write the scores."""
    from vermeil.jobs.evaluate_files import evaluate_files

    run_folder = RunFolder(config.run.output)
    name, corpus = scored_corpus(config)
    report = {"corpus": name, **evaluate_files(run_folder.model, corpus, progress).as_dict()}
    write_json(run_folder.evaluation, report)
    kind = hub_task(make_task(config.task))
    write_results(run_folder.model, kind, card_result(name, corpus.path.name, report))
    return report
