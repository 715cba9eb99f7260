"""The corpora of a configuration and the documents that a run reads from them."""

from __future__ import annotations

from vermeil.config import Config
from vermeil.corpora import read_corpus
from vermeil.corpora.config import CorpusConfig
from vermeil.data.document import Document
from vermeil.errors import ConfigError
from vermeil.jobs.run_folder import RunFolder
from vermeil.tasks import make_task
from vermeil.tasks.added_labels import with_unknown_labels
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
        gold = with_unknown_labels(read_corpus(corpus, task.check), task)
    if uses_silver(config):
        silver = with_unknown_labels(read_corpus(silver_corpus(config), task.check), task)
    if selects_on_dev(config):
        required_corpus(config, "dev", "name the annotated file to choose the best state by")
    if config.corpora.dev is not None:
        dev = with_unknown_labels(read_corpus(config.corpora.dev, task.check), task)
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
