"""The corpora of a configuration and the documents that a run reads from them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from vermeil.config import Config
from vermeil.corpora import read_corpus
from vermeil.corpora.config import CorpusConfig
from vermeil.corpora.source import STDIN
from vermeil.data.document import Document
from vermeil.errors import ConfigError, DataError
from vermeil.jobs.review import read_ids
from vermeil.jobs.run_folder import RunFolder
from vermeil.tasks import make_task
from vermeil.training.job import TrainJob


def uses_silver(config: Config) -> bool:
    """Return whether the regimen trains on silver."""
    return config.blending.regimen != "gold_only"


def uses_gold(config: Config) -> bool:
    """Return whether the regimen trains on gold."""
    return config.blending.regimen != "silver_only"


def selects_on_dev(config: Config) -> bool:
    """Return whether the best state of training is selected on dev."""
    return config.student.select == "best_dev"


def required_corpus(config: Config, name: str, hint: str) -> CorpusConfig:
    """Return a corpus of the configuration.

    Args:
        config: the whole configuration.
        name: key of the corpus in ``[corpora]``.
        hint: what to do if it is missing, for the error message.

    Raises:
        ConfigError: the corpus is not configured.
    """
    corpus: CorpusConfig | None = getattr(config.corpora, name)
    if corpus is None:
        raise ConfigError(f"corpora.{name}: missing; {hint}")
    return corpus


def silver_corpus(config: Config) -> CorpusConfig:
    """Return the configured silver corpus, or else the file that `locate` writes."""
    located = CorpusConfig(path=RunFolder(config.run.output).silver, format="jsonl")
    corpus, excluded = config.corpora.silver or located, config.corpora.exclude_teachers
    if corpus.exclude_teachers is not None or not excluded:
        return corpus
    return corpus.model_copy(update={"exclude_teachers": excluded})


def scored_corpus(config: Config) -> tuple[str, CorpusConfig]:
    """Return name and corpus that the student is scored on: test, or else dev."""
    if config.corpora.test is None and config.corpora.dev is not None:
        return "dev", config.corpora.dev
    return "test", required_corpus(config, "test", "name the gold file to score the student on")


def pool_documents(
    config: Config, hint: str = "name the text that the teacher is to annotate"
) -> Iterable[Document]:
    """Return the documents of the pool; a file is read as a stream on every iteration.

    With ``rank.order``, only the documents of that file are returned, in its order.

    Args:
        config: the whole configuration.
        hint: what to do if the pool is not configured, for the error message.

    Raises:
        ConfigError: the pool is not configured.
        DataError: the file of ``rank.order`` is empty, or names a document that is not in the pool.
    """
    pool = required_corpus(config, "pool", hint)
    if config.rank.order is not None:
        return _ordered(read_corpus(pool), config.rank.order)
    return list(read_corpus(pool)) if pool.path == STDIN else _StreamedCorpus(pool)


def _ordered(documents: Iterable[Document], order: Path) -> list[Document]:
    """Return the documents that the file of an order names, in its order."""
    wanted = read_ids(order)
    if not wanted:
        raise DataError("holds no id; expected a file of vermeil rank, or one id per line", order)
    names = set(wanted)
    found = {document.id: document for document in documents if document.id in names}
    unknown = [name for name in wanted if name not in found]
    if unknown:
        listed = ", ".join(repr(name) for name in unknown[:5])
        raise DataError(
            f"{len(unknown):,} of {len(wanted):,} ids are not in corpora.pool ({listed}); rank the "
            "documents of this pool (vermeil rank --for teacher), or set rank.order to none",
            order,
        )
    return [found[name] for name in wanted]


def training_job(config: Config) -> TrainJob:
    """Return the job of `train`; gold and silver are empty where it does not need them.

    Raises:
        ConfigError: a corpus that is needed is not configured.
    """
    task = make_task(config.task)
    gold: list[Document] = []
    silver: list[Document] = []
    dev: list[Document] = []
    if uses_gold(config):
        corpus = required_corpus(config, "gold", "name the annotated file to train on")
        gold = list(read_corpus(corpus, task.check))
    if uses_silver(config):
        silver = list(read_corpus(silver_corpus(config), task.check))
    if selects_on_dev(config):
        required_corpus(config, "dev", "name the annotated file to choose the best state by")
    if config.corpora.dev is not None:
        dev = list(read_corpus(config.corpora.dev, task.check))
    return TrainJob(
        gold=gold,
        silver=silver,
        dev=dev,
        task=task,
        student=config.student,
        blending=config.blending,
        selection=config.selection,
        seed=config.run.seed,
        card=config.card,
        teacher_terms=config.teacher.terms,
    )


@dataclass(frozen=True, slots=True)
class _StreamedCorpus:
    """The documents of a file, read again on every iteration."""

    config: CorpusConfig

    def __iter__(self) -> Iterator[Document]:
        return read_corpus(self.config)
