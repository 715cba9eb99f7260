"""The inputs of a study: the configured corpora and the scores of the teacher."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from vermeil.config import Config, load_config
from vermeil.corpora import read_corpus
from vermeil.corpora.config import CorpusConfig
from vermeil.data.atomic import atomic_file
from vermeil.data.document import Document
from vermeil.data.reply import State
from vermeil.data.results_folder import record_results
from vermeil.data.written import read_object
from vermeil.errors import ConfigError, DataError, VermeilError
from vermeil.jobs.locate import locate
from vermeil.jobs.run_folder import RunFolder
from vermeil.pipeline.demonstration_files import demonstrations_for
from vermeil.pipeline.documents import silver_corpus
from vermeil.pipeline.pool import pool_documents
from vermeil.studies.inputs import StudyCorpora
from vermeil.studies.results.context import StudyContext
from vermeil.studies.results.load import context_from_record
from vermeil.tasks import make_task
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
        prompt_silver(config) if _uses_silver(config) else {},
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


def prompt_silver(config: Config) -> dict[str, Sequence[Document]]:
    """Return the silver of every prompt in ``study.prompts``, by its name. No request is sent.

    A configuration file names task, teacher, pool and reply store of its prompt. A label set that
    differs from the study's is an error.

    Args:
        config: the whole configuration.

    Raises:
        ConfigError: a file is wrong, or replies to a prompt are missing.
        DataError: a file of silver cannot be read.
    """
    found: dict[str, Sequence[Document]] = {}
    for name, path in config.study.prompts.items():
        if not path.exists():
            raise ConfigError(f"study.prompts.{name}: {path}: no such file")
        if _is_configuration(path):
            found[name] = _located(name, path, config)
        else:
            task = make_task(config.task)
            found[name] = tuple(read_corpus(CorpusConfig(path=path), task.check))
    return found


def _is_configuration(path: Path) -> bool:
    """Return whether a file is a configuration, also one that was replaced (vermeil.toml.old)."""
    return ".toml" in path.suffixes


def _located(name: str, path: Path, config: Config) -> Sequence[Document]:
    try:
        other = load_config(path)
    except VermeilError as error:
        raise ConfigError(f"study.prompts.{name}: {error}") from None
    if other.task.labels.keys() != config.task.labels.keys():
        raise ConfigError(
            f"study.prompts.{name}: {path}: its labels are not those of the study; compare prompts "
            "of one label set"
        )
    located = locate(
        list(pool_documents(other, "name the text that the teacher annotated")),
        make_task(other.task),
        other.teacher,
        RunFolder(other.run.output).replies,
        demonstrations=demonstrations_for(other),
    )
    pending = located.states.get(State.PENDING, 0)
    if pending:
        raise ConfigError(
            f"study.prompts.{name}: {pending:,} of {len(located.documents):,} "
            f"documents have no reply; run vermeil annotate --config {path}"
        )
    return located.documents
