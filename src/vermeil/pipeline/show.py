"""One document at every stage: prompt, replies, silver, prediction."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from vermeil.config import Config
from vermeil.corpora import read_corpus, require_readable
from vermeil.corpora.config import CorpusConfig
from vermeil.data.document import UNANNOTATED, Document
from vermeil.data.mention import LocatedMention
from vermeil.data.records import document_to_record
from vermeil.data.reply import Message
from vermeil.errors import DataError
from vermeil.jobs.requirements import require_demonstrations
from vermeil.jobs.run_folder import RunFolder
from vermeil.pipeline.demonstration_files import demonstrations_for
from vermeil.pipeline.documents import silver_corpus
from vermeil.tasks import make_task
from vermeil.tasks.protocol import ReplyResult, Task
from vermeil.teacher.config import TeacherConfig
from vermeil.teacher.requests import check_prompt, make_requests, reader
from vermeil.teacher.store.store import Attempt, ReplyStore
from vermeil.training.requirements import require_prediction

SEARCHED_CORPORA = ("gold", "pool", "dev", "test")


@dataclass(frozen=True, slots=True)
class ParsedAttempt:
    """A stored attempt, and its reply as the task parses it now.

    Args:
        attempt: the stored attempt.
        reading: the parsed reply; None if the attempt got no reply.
    """

    attempt: Attempt
    reading: ReplyResult | None

    def as_dict(self) -> dict[str, Any]:
        """Return the report for JSON."""
        reply, reading = self.attempt.reply, self.reading
        return {
            "model": self.attempt.model,
            "prompt": self.attempt.prompt,
            "sample": self.attempt.sample,
            "attempt": self.attempt.number,
            "error": self.attempt.error,
            "reply": reply and reply.text,
            "finish_reason": reply and reply.finish_reason,
            "state": reading and reading.state.value,
            "problem": reading and reading.problem,
            "mentions": [_mention(one) for one in (reading.mentions if reading else ())],
            "abstain": [list(r) for r in (reading.annotation.abstain if reading else ())],
        }


@dataclass(frozen=True, slots=True)
class ShowReport:
    """One document at every stage that has run.

    Args:
        sources: names of the corpora that hold it.
        document: the document with its own (gold) annotation.
        messages: the prompt, rendered with the current settings.
        attempts: every stored request about it.
        silver: the teacher's annotation; None if it is not in the silver file, or the file is
            missing.
        predicted: the student's prediction; None if there is no model yet.
        refined: silver as `refine` corrected it, with ``meta.changes``; None if it was not refined.
    """

    sources: tuple[str, ...]
    document: Document
    messages: tuple[Message, ...]
    attempts: tuple[ParsedAttempt, ...]
    silver: Document | None
    predicted: Document | None
    refined: Document | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the report for JSON."""
        return {
            "sources": list(self.sources),
            "document": document_to_record(self.document),
            "messages": [dict(message) for message in self.messages],
            "attempts": [attempt.as_dict() for attempt in self.attempts],
            "silver": self.silver and document_to_record(self.silver),
            "refined": self.refined and document_to_record(self.refined),
            "predicted": self.predicted and document_to_record(self.predicted),
        }


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
    found = _find(config, document_id)
    annotated = [d for d in found.values() if not d.annotation.is_empty]
    document = (annotated or list(found.values()))[0]
    task = make_task(config.task)
    check_prompt(task, config.teacher)
    request = next(make_requests([document], task, config.teacher, 1, demonstrations_for(config)))
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


def _mention(located: LocatedMention) -> dict[str, Any]:
    return {
        "surface": located.mention.surface,
        "label": located.mention.label,
        "occurrence": located.mention.occurrence,
        "status": located.status.value,
        "start": located.span and located.span.start,
        "end": located.span and located.span.end,
        "repeats": [[span.start, span.end] for span in located.additional_spans],
        "tier": located.tier and located.tier.value,
        "distance": located.distance,
        "candidates": located.occurrence_count,
        "places": [list(place) for place in located.occurrences],
    }


def _find(config: Config, document_id: str) -> Mapping[str, Document]:
    """Return name of corpus to the document, for each corpus that holds it."""
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
