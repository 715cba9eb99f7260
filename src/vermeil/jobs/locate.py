"""Stored replies -> silver documents: reads and locates again, and asks nobody."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from vermeil.data.document import UNANNOTATED, Annotation, Document
from vermeil.data.mention import Status
from vermeil.data.progress import Progress, silent
from vermeil.data.reply import State
from vermeil.errors import DataError
from vermeil.jobs.appraise import Appraisal, appraise
from vermeil.jobs.mention_tally import MentionExample, MentionTally
from vermeil.jobs.reading import USABLE, ReplyReader
from vermeil.tasks.labels import LabelSet
from vermeil.tasks.protocol import ReplyResult, Task
from vermeil.teacher.config import TeacherConfig
from vermeil.teacher.demonstrations import NO_DEMONSTRATIONS, Demonstrations
from vermeil.teacher.report import RequestProblem, Tally
from vermeil.teacher.requests import check_prompt
from vermeil.teacher.store.store import ReplyStore

_WITHOUT_ANSWER = (State.PENDING, State.FAILED)


@dataclass(frozen=True, slots=True)
class LocateReport:
    """What the stored replies say.

    Args:
        documents: the silver documents, in order; unannotated unless done or empty.
        states: how many documents are in each state.
        answers: how many answers are in each state: one per document, teacher and sample.
        votes: numbers of spans that were named and kept or lost, and what checks said about them;
            empty where each document had one answer.
        verified: how many questions about contested mentions are in each state.
        mentions: how many mentions were located how.
        by_label: the same for every label.
        examples: some mentions of every status but exact.
        notes: named oddities of the replies to number.
        problems: some examples of every state but done and empty.
        against_gold: the teacher scored against the documents' own annotation, where they have
            one and the teacher answered; None where there are none.
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
    against_gold: Appraisal | None
    seconds: float

    @property
    def abstentions(self) -> int:
        """How many stretches of the documents are masked: nobody knows what they are."""
        return sum(len(document.annotation.abstain) for document in self.documents)

    def as_dict(self) -> dict[str, Any]:
        """For JSON, without the documents themselves."""
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
            "notes": dict(sorted(self.notes.items())),
            "problems": [p.as_dict() for p in self.problems],
            "against_gold": None if self.against_gold is None else self.against_gold.as_dict(),
            "seconds": self.seconds,
        }


def locate(
    documents: Iterable[Document],
    task: Task,
    teacher: TeacherConfig,
    store: Path,
    progress: Progress = silent,
    demonstrations: Demonstrations = NO_DEMONSTRATIONS,
) -> LocateReport:
    """Read the stored replies again and return what they say as silver documents. Asks nobody.

    Several answers about one document (samples, teachers) vote: see ``[teacher.votes]``. Answers to
    questions about contested mentions are applied.

    Args:
        documents: what was annotated; whatever annotation they have is taken as gold to score
            against, and replaced.
        task: reads the replies.
        teacher: the settings with which they were asked; they are part of a reply's key.
        store: the file of replies.
        progress: told where the work stands.
        demonstrations: those of the prompts; they are part of a reply's key, too.

    Raises:
        ConfigError: the task has no such prompt.
        DataError: the store is not there or damaged.
    """
    started = time.monotonic()
    check_prompt(task, teacher)
    if not Path(store).exists():
        raise DataError("no replies are stored here; run vermeil annotate first", store)
    silver: list[Document] = []
    gold: list[Document] = []
    answered: list[Document] = []
    tally = Tally()
    mentions = MentionTally(LabelSet.from_config(task.config))
    notes: Counter[str] = Counter()
    answers: Counter[State] = Counter()
    verified: Counter[State] = Counter()
    votes: Counter[str] = Counter()
    with ReplyStore(store) as replies:
        reader = ReplyReader(task, teacher, replies, demonstrations)
        for document in documents:
            said = reader.read(document)
            reading = said.reading
            answers.update(said.answers)
            votes.update(said.counts)
            if said.verified is not None:
                verified[said.verified] += 1
            marked = document.with_annotation(_silver(reading))
            silver.append(marked)
            tally.add(document.id, 0, reading.state, reading.problem)
            mentions.add(document, reading.mentions)
            notes.update(reading.notes)
            if not document.annotation.is_empty and reading.state not in _WITHOUT_ANSWER:
                gold.append(document)
                answered.append(marked)
            progress("locate", len(silver), None, {})
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
        appraise(answered, gold, task) if gold else None,
        time.monotonic() - started,
    )


def _by_state(numbers: Mapping[State, int]) -> dict[str, int]:
    return {state.value: numbers[state] for state in State if state in numbers}


def _silver(reading: ReplyResult) -> Annotation:
    """Return the annotation, its spans marked as the teacher's."""
    if reading.state not in USABLE:
        return UNANNOTATED
    annotation = reading.annotation
    if annotation.spans is None:
        return annotation
    spans = tuple(s if s.origin else replace(s, origin="silver") for s in annotation.spans)
    return replace(annotation, spans=spans)
