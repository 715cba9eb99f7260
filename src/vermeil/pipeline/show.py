"""One document at every stage: prompt, replies, silver, prediction."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from vermeil.config import Config
from vermeil.corpora import read_corpus, require_readable
from vermeil.corpora.config import CorpusConfig
from vermeil.data.document import UNANNOTATED, Document
from vermeil.errors import DataError
from vermeil.jobs.requirements import require_demonstrations
from vermeil.jobs.run_folder import RunFolder
from vermeil.pipeline.demonstration_files import demonstrations_for
from vermeil.pipeline.documents import silver_corpus
from vermeil.pipeline.show_report import ParsedAttempt, ShowReport
from vermeil.tasks import make_task
from vermeil.tasks.added_labels import base_section
from vermeil.tasks.protocol import Task
from vermeil.teacher.config import TeacherConfig
from vermeil.teacher.requests import check_prompt, make_requests, reader
from vermeil.teacher.store.store import Attempt, ReplyStore
from vermeil.training.requirements import require_prediction

SEARCHED_CORPORA = ("gold", "pool", "dev", "test")


def show(config: Config, document_id: str) -> ShowReport:
    """Return one document at every stage that has run.

    Args:
        config: the whole configuration.
        document_id: id of the document.

    Raises:
        ConfigError: a model exists, but torch or transformers is not installed.
        DataError: no configured corpus holds the document.
    """
    run_folder = RunFolder(config.run.output)
    if run_folder.model.exists():
        require_prediction("vermeil show")
    require_demonstrations(config.teacher.demonstrations)
    require_readable(*(corpus for _, corpus in _sources(config)))
    found = find_document(config, document_id)
    annotated = [d for d in found.values() if not d.annotation.is_empty]
    document = (annotated or list(found.values()))[0]
    task = make_task(base_section(config.task))
    check_prompt(task, config.teacher)
    shown = demonstrations_for(config, task.labels)
    request = next(make_requests([document], task, config.teacher, 1, shown))
    attempts: list[Attempt] = []
    if run_folder.replies.exists():
        with ReplyStore(run_folder.replies) as store:
            attempts = store.attempts(document.id, request.key)
    return ShowReport(
        tuple(found),
        document,
        request.messages,
        tuple(_parsed_attempt(attempt, document, task, config.teacher) for attempt in attempts),
        _in_corpus(silver_corpus(config), document_id),
        _predicted(run_folder, document),
        _in_corpus(
            CorpusConfig(path=run_folder.curated_files("refine")[0], format="jsonl"), document_id
        ),
    )


def find_document(config: Config, document_id: str) -> Mapping[str, Document]:
    """Return name of corpus to the document, for each corpus that holds it.

    Raises:
        DataError: no configured corpus holds it.
    """
    found: dict[str, Document] = {}
    known: list[str] = []
    for name, corpus in _sources(config):
        for document in read_corpus(corpus):
            known.append(document.id)
            if document.id == document_id:
                found[name] = document
                break
    if not found:
        close = get_close_matches(document_id, known[:20_000], n=3, cutoff=0.5) or known[:3]
        raise DataError(
            f"no document {document_id!r} among the {len(known):,} of the configured corpora; "
            + (f"similar ids: {', '.join(close)}" if close else "all corpora are empty")
        )
    return found


def _sources(config: Config) -> Iterator[tuple[str, CorpusConfig]]:
    for name in SEARCHED_CORPORA:
        corpus: CorpusConfig | None = getattr(config.corpora, name)
        if corpus is not None:
            yield name, corpus
        if name == "pool":
            yield from ((name, one) for one in config.corpora.more_pools)
    if config.corpora.silver is not None:
        yield "silver", config.corpora.silver


def _parsed_attempt(
    attempt: Attempt, document: Document, task: Task, teacher: TeacherConfig
) -> ParsedAttempt:
    if attempt.reply is None:
        return ParsedAttempt(attempt, None)
    read = reader(task, teacher, attempt.prompt)
    return ParsedAttempt(attempt, read(document.text, attempt.reply))


def _in_corpus(corpus: CorpusConfig, document_id: str) -> Document | None:
    if not corpus.path.exists():
        return None
    return next((d for d in read_corpus(corpus) if d.id == document_id), None)


def _predicted(run_folder: RunFolder, document: Document) -> Document | None:
    if not run_folder.model.exists():
        return None
    from vermeil.student import Student

    plain = document.with_annotation(UNANNOTATED)
    return next(iter(Student.load(run_folder.model).predict([plain])))
