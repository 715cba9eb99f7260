"""Silver of further prompts for a study, read from stored replies or from a file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from vermeil.config import Config, load_config
from vermeil.corpora import read_corpus
from vermeil.corpora.config import CorpusConfig
from vermeil.data.document import Document
from vermeil.data.reply import State
from vermeil.errors import ConfigError, VermeilError
from vermeil.jobs.locate import locate
from vermeil.jobs.run_folder import RunFolder
from vermeil.pipeline.demonstration_files import demonstrations_for
from vermeil.pipeline.documents import pool_documents
from vermeil.tasks import make_task


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
