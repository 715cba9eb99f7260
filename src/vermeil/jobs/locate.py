"""Stored replies -> silver documents: parses and locates them. Sends no request."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vermeil.data.annotation_spans import count_abstentions, with_origin
from vermeil.data.document import UNANNOTATED, Annotation, Document
from vermeil.data.document_stream import DocumentStream
from vermeil.data.ledger import SilverTeacher, with_teachers
from vermeil.data.mention import Status
from vermeil.data.progress import Progress, silent
from vermeil.data.reply import State
from vermeil.errors import DataError
from vermeil.jobs.appraise import Appraisal, appraise
from vermeil.jobs.mention_tally import MentionExample, MentionTally
from vermeil.jobs.reading import USABLE, CombinedReading, ReplyReader
from vermeil.tasks.labels import LabelSet
from vermeil.tasks.protocol import ReplyResult, Task
from vermeil.teacher.config import TeacherConfig
from vermeil.teacher.demonstrations import NO_DEMONSTRATIONS, Demonstrations
from vermeil.teacher.report import RequestProblem, Tally
from vermeil.teacher.requests import check_prompt
from vermeil.teacher.store.store import ReplyStore
from vermeil.teacher.usability import Usability, UsabilityTally

_WITHOUT_ANSWER = (State.PENDING, State.FAILED)


@dataclass(frozen=True, slots=True)
class LocateReport:
    """Result of `locate`.

    Args:
        documents: the silver documents, in order; annotated if their state is done or empty,
            else without an annotation, for example unplaced ones.
        states: number of documents in each state.
        answers: number of replies in each state, one per document, teacher and sample.
        votes: numbers of spans that the vote kept or dropped, and of the verdicts on contested
            spans; empty if each document has a single reply.
        verified: number of verification requests in each state.
        mentions: number of mentions with each location status.
        by_label: the same for every label.
        examples: some mentions of every status but exact.
        notes: name of an irregularity of the replies to its number.
        problems: some examples of every state but done and empty.
        usability: numbers of documents with a usable reply, of failures and of problems.
        against_gold: scores of the teacher on the documents that are annotated and have a reply;
            None if there is no such document.
        seconds: wall-clock time.
    """

    documents: tuple[Document, ...]
    states: Mapping[State, int]
    answers: Mapping[State, int]
    votes: Mapping[str, int]
    verified: Mapping[State, int]
    mentions: Mapping[Status, int]
    by_label: Mapping[str, Mapping[Status, int]]
    examples: tuple[MentionExample, ...]
    notes: Mapping[str, int]
    problems: tuple[RequestProblem, ...]
    usability: Usability
    against_gold: Appraisal | None
    seconds: float

    @property
    def abstentions(self) -> int:
        """Number of text ranges that the silver abstains from."""
        return sum(count_abstentions(document.annotation) for document in self.documents)

    def as_dict(self) -> dict[str, Any]:
        """Return the report for JSON, without the documents."""
        return {
            "documents": len(self.documents),
            "states": _by_state(self.states),
            "answers": _by_state(self.answers),
            "votes": dict(self.votes),
            "verified": _by_state(self.verified),
            "abstentions": self.abstentions,
            "mentions": {s.value: self.mentions[s] for s in Status if s in self.mentions},
            "by_label": [
                {"label": label, **{s.value: n for s, n in counts.items()}}
                for label, counts in self.by_label.items()
            ],
            "examples": [example.as_dict() for example in self.examples],
            **self.usability.as_dict(),
            "notes": dict(sorted(self.notes.items())),
            "problems": [p.as_dict() for p in self.problems],
            "against_gold": None if self.against_gold is None else self.against_gold.as_dict(),
            "seconds": self.seconds,
        }


def locate(
    documents: Iterable[Document | str],
    task: Task,
    teacher: TeacherConfig,
    store: Path | str,
    progress: Progress = silent,
    demonstrations: Demonstrations = NO_DEMONSTRATIONS,
) -> LocateReport:
    """Parse the stored replies and return silver documents. No request is sent.

    Several replies about one document (samples, teachers) are combined by vote, see
    ``[teacher.votes]``. Verdicts on contested mentions are applied.

    Args:
        documents: documents or plain texts, as given to `annotate`. The annotation of a document
            is the gold that the teacher is scored against; silver replaces it.
        task: parses the replies.
        teacher: the settings of the requests; they are part of a reply's key.
        store: the file of replies.
        progress: called with stage, done, total and details.
        demonstrations: the demonstrations of the prompts; they are part of a reply's key.

    Raises:
        ConfigError: the task has no such prompt.
        DataError: the store is missing or damaged.
    """
    store = Path(store)
    started = time.monotonic()
    check_prompt(task, teacher)
    if not Path(store).exists():
        raise DataError("no replies are stored here; run vermeil annotate first", store)
    silver: list[Document] = []
    gold: list[Document] = []
    answered: list[Document] = []
    tally, usability = Tally(), UsabilityTally()
    mentions = MentionTally(LabelSet.from_config(task.config))
    notes: Counter[str] = Counter()
    answers: Counter[State] = Counter()
    verified: Counter[State] = Counter()
    votes: Counter[str] = Counter()
    with ReplyStore(store) as replies:
        reader = ReplyReader(task, teacher, replies, demonstrations)
        for document in DocumentStream(documents):
            combined = reader.read(document)
            reading = combined.reading
            answers.update(combined.answers)
            votes.update(combined.counts)
            if combined.verified is not None:
                verified[combined.verified] += 1
            annotated = document.with_annotation(_silver(reading))
            annotated = with_teachers(annotated, _teachers(combined))
            silver.append(annotated)
            tally.add(document.id, 0, reading.state, reading.problem)
            usability.add(reading)
            mentions.add(document, reading.mentions)
            notes.update(reading.notes)
            if not document.annotation.is_empty and reading.state not in _WITHOUT_ANSWER:
                gold.append(document)
                answered.append(annotated)
            progress("locate", len(silver), None, {})
    progress("locate", len(silver), len(silver), {})
    tally.check(len(silver))
    return LocateReport(
        tuple(silver),
        dict(tally.states),
        dict(answers),
        dict(votes),
        dict(verified),
        mentions.totals,
        mentions.by_label,
        mentions.examples,
        dict(notes),
        tuple(tally.problems),
        usability.result,
        appraise(answered, gold, task) if gold else None,
        time.monotonic() - started,
    )


def _by_state(numbers: Mapping[State, int]) -> dict[str, int]:
    return {state.value: numbers[state] for state in State if state in numbers}


def _silver(reading: ReplyResult) -> Annotation:
    """Return the annotation of a reply; its spans get the origin silver."""
    if reading.state not in USABLE:
        return UNANNOTATED
    return with_origin(reading.annotation, "silver", keep=True)


def _teachers(combined: CombinedReading) -> tuple[SilverTeacher, ...]:
    """Return the teachers of an annotation; none if no reply is usable."""
    return combined.teachers if combined.reading.state in USABLE else ()
