"""The inputs of a study: the configured corpora and the scores of the teacher."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from vermeil.config import Config
from vermeil.corpora import read_corpus
from vermeil.corpora.config import CorpusConfig
from vermeil.data.atomic import atomic_file
from vermeil.data.document import Document
from vermeil.data.results_folder import record_results
from vermeil.data.written import read_object
from vermeil.errors import ConfigError, DataError
from vermeil.jobs.run_folder import RunFolder
from vermeil.pipeline.documents import silver_corpus
from vermeil.studies.inputs import StudyCorpora
from vermeil.studies.results.context import StudyContext
from vermeil.studies.results.load import context_from_record
from vermeil.tasks.added_labels import with_unknown_labels
from vermeil.tasks.protocol import Task


def read_documents(config: Config, task: Task) -> StudyCorpora:
    """Read the corpora of a study.

    Raises:
        ConfigError: a corpus that is needed is not configured, or silver has not been made yet.
        DataError: a file cannot be read.
    """
    _check_sources(config)
    return StudyCorpora(
        _read(config.corpora.gold, task),
        _read(silver_corpus(config), task) if _uses_silver(config) else (),
        _read(config.corpora.dev, task),
        _read(config.corpora.test, task),
    )


def save_config(config: Config, folder: Path) -> None:
    """Save the resolved configuration beside the results."""
    record_results(folder, [folder / "config.toml"])
    with atomic_file(folder / "config.toml") as file:
        file.write(config.as_toml())


def read_context(config: Config) -> StudyContext:
    """Return additional data for the report: the configuration and the teacher's scores.

    Raises:
        DataError: the report of ``vermeil locate`` is damaged.
    """
    context: dict[str, Any] = {"configuration": config.model_dump(mode="json")}
    located = RunFolder(config.run.output).locate_report
    if config.corpora.silver is None and located.exists():
        report = read_object(located)
        if report is None:
            raise DataError("is damaged; run vermeil locate again", located)
        if report.get("against_gold"):
            row = {"prompt": config.teacher.prompt, "counts": report["against_gold"]}
            known = {key: report[key] for key in ("states", "mentions") if key in report}
            context["teacher"] = [{**row, **known}]
    return context_from_record(context, located)


def _uses_silver(config: Config) -> bool:
    return any(regimen != "gold_only" for regimen in config.study.regimens)


def _check_sources(config: Config) -> None:
    problems = []
    if config.corpora.gold is None:
        problems.append("corpora.gold: missing; name the annotated file to train on")
    if config.corpora.test is None and config.corpora.dev is None:
        problems.append("corpora.test: missing; name the annotated file to score on (or dev)")
    silver = silver_corpus(config).path
    if _uses_silver(config) and config.corpora.silver is None and not silver.exists():
        problems.append(
            f"corpora.silver: missing, and {silver} is not there; run vermeil annotate and "
            "vermeil locate first, or name a file"
        )
    if problems:
        raise ConfigError(*problems)


def _read(corpus: CorpusConfig | None, task: Task) -> Sequence[Document]:
    return (
        () if corpus is None else tuple(with_unknown_labels(read_corpus(corpus, task.check), task))
    )
