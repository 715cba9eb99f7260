"""The review page over the files of a configuration, or over one file without a configuration."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from vermeil.config import Config
from vermeil.corpora import read_corpus, require_readable
from vermeil.corpora.config import CorpusConfig
from vermeil.corpora.source import STDIN
from vermeil.data.document import Document
from vermeil.errors import ConfigError, DataError
from vermeil.jobs.review import read_ids
from vermeil.jobs.review_report import ReviewReport
from vermeil.jobs.run_folder import RunFolder
from vermeil.pipeline.documents import required_corpus, silver_corpus, uses_gold, uses_silver
from vermeil.serving.review.address import ReviewAccess
from vermeil.serving.review.config import ReviewConfig
from vermeil.serving.review.open import ReviewSettings, ReviewSources, serve_review
from vermeil.serving.review.round_end import RoundEnd
from vermeil.student.load import require_model
from vermeil.tasks import make_task, task_for
from vermeil.tasks.protocol import Task
from vermeil.teacher.store.records import RecordFilter, stored_requests
from vermeil.training.job import TrainJob
from vermeil.training.requirements import require_training

WITHOUT_CONFIG = Path("vermeil-review")
"""Folder of a review without a configuration."""


@dataclass(frozen=True, slots=True)
class ReviewInput:
    """Documents and folder of a review.

    Args:
        documents: the file to review; None: silver of the configuration, or else the pool.
        ids: file with the ids to review, in this order; None: the order of `vermeil rank` for a
            person, if there is one, else the order of the documents.
        output: folder of the review; None: ``review`` in the folder of the run.
        use_student: show the annotation of the student, if there is one.
        round_end: ends the page, if the review is a round of a loop.
    """

    documents: CorpusConfig | None = None
    ids: Path | None = None
    output: Path | None = None
    use_student: bool = True
    round_end: RoundEnd | None = None


def review_files(
    config: Config | None,
    given: ReviewInput,
    access: ReviewAccess,
    on_message: Callable[[str], None],
) -> ReviewReport | None:
    """Serve the review page for the documents of a configuration, or of one file.

    Args:
        config: the whole configuration; None: labels are those of the documents.
        given: documents, order and folder.
        access: address and annotators.
        on_message: called with the addresses of the page and with remarks.

    Raises:
        ConfigError: no file or no label is named, or a package is not installed.
        DataError: a file cannot be read.
    """
    corpus = given.documents or _configured_corpus(config)
    if corpus.path == STDIN:
        raise ConfigError("vermeil review open: name a file; standard input cannot be read again")
    require_readable(corpus)
    documents = list(read_corpus(corpus))
    task = _task(config, documents, corpus.path)
    folder = review_folder(config, given.output)
    settings = ReviewSettings(
        ReviewConfig() if config is None else config.review,
        access,
        _sources(config, task, given, on_message),
        on_message,
        given.round_end,
    )
    return serve_review(_ordered(documents, config, given, on_message), task, folder, settings)


def review_folder(config: Config | None, output: Path | None) -> Path:
    """Return the folder of a review."""
    if output is not None:
        return output
    return WITHOUT_CONFIG if config is None else RunFolder(config.run.output).review


def _configured_corpus(config: Config | None) -> CorpusConfig:
    if config is None:
        raise ConfigError(
            "vermeil review open: there is no vermeil.toml here; name the file to review, for "
            "example vermeil review open silver.jsonl"
        )
    silver = silver_corpus(config)
    if silver.path.exists():
        return silver
    return required_corpus(config, "pool", "name the text to review, or a file as argument")


def _task(config: Config | None, documents: Sequence[Document], path: Path) -> Task:
    if config is not None:
        return make_task(config.task)
    if all(document.annotation.is_empty for document in documents):
        raise ConfigError(
            f"{path}: has no annotation, so there are no labels; write a vermeil.toml with "
            "task.labels (vermeil init)"
        )
    return task_for(documents)


def _ordered(
    documents: list[Document],
    config: Config | None,
    given: ReviewInput,
    on_message: Callable[[str], None],
) -> list[Document]:
    """Return the documents in the order of the ids; without ids, all of them."""
    path = given.ids
    if path is None and config is not None and given.documents is None:
        ranked = RunFolder(config.run.output).order("person")
        path = ranked if ranked.exists() else None
    if path is None:
        return documents
    by_id = {document.id: document for document in documents}
    wanted = read_ids(path)
    found = [by_id[name] for name in wanted if name in by_id]
    if not found:
        raise DataError("names no document of the file to review", path)
    missing = len(wanted) - len(found)
    rest = f"; {missing:,} ids are not among the documents" if missing else ""
    on_message(f"{len(found):,} of {len(documents):,} documents, in the order of {path}{rest}")
    return found


def _sources(
    config: Config | None, task: Task, given: ReviewInput, on_message: Callable[[str], None]
) -> ReviewSources:
    if config is None:
        return ReviewSources()
    run_folder = RunFolder(config.run.output)
    words = None
    if config.review.teacher_words and run_folder.replies.exists():
        words = partial(_teacher_words, run_folder.replies)
    job, reason = _training_job(config, task)
    model = _model(config, on_message) if given.use_student else None
    return ReviewSources(model, words, job, reason)


def _model(config: Config, on_message: Callable[[str], None]) -> Path | None:
    """Return the model folder of the student; None if there is none or it cannot be computed."""
    if config.review.model is not None:
        require_model("vermeil review open", config.review.model)
        return config.review.model
    model = RunFolder(config.run.output).model
    if not model.exists():
        return None
    try:
        require_model("vermeil review open", model)
    except ConfigError as error:
        on_message(f"without the student of the run: {error}")
        return None
    return model


def _training_job(config: Config, task: Task) -> tuple[TrainJob | None, str | None]:
    """Return the job of the small trainings, or the reason why there is none."""
    try:
        require_training("a small training", config.student)
    except ConfigError as error:
        return None, str(error)
    if config.corpora.dev is None:
        return None, "corpora.dev is not set; name annotated documents to score on"
    silver = silver_corpus(config)
    gold = config.corpora.gold if uses_gold(config) else None
    return (
        TrainJob(
            gold=[] if gold is None else list(read_corpus(gold, task.check)),
            silver=list(read_corpus(silver, task.check))
            if uses_silver(config) and silver.path.exists()
            else [],
            dev=list(read_corpus(config.corpora.dev, task.check)),
            task=task,
            student=config.student,
            blending=config.blending,
            seed=config.run.seed,
        ),
        None,
    )


def _teacher_words(store: Path, document: Document) -> list[str]:
    """Return the stored replies about a document, verbatim, with model and prompt."""
    found = stored_requests(store, RecordFilter(document=document.id))
    return [f"{one.model}, {one.prompt}\n{one.reply.text}" for one in found if one.reply]
