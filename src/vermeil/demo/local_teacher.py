"""Phase 1 of the demo with a language model on this machine, beside the recorded teacher."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vermeil.data.progress import Progress
from vermeil.demo.annotating import NewswireCorpus, PromptResult
from vermeil.jobs.annotate import AnnotateReport, annotate, count_pending
from vermeil.jobs.appraise import Appraisal, appraise
from vermeil.jobs.demonstrations import choose_demonstrations
from vermeil.jobs.locate import locate
from vermeil.jobs.run_folder import RunFolder
from vermeil.tasks.protocol import Task
from vermeil.teacher.backends.registry import keep_servers
from vermeil.teacher.config import DemonstrationsConfig, TeacherConfig
from vermeil.teacher.requests import make_requests
from vermeil.teacher.store.store import ReplyStore

_FIRST = 4
"""Sentences of the first round, which measures the time per sentence."""


@dataclass(frozen=True, slots=True)
class LocalPart:
    """A part of the pool for a language model on this machine.

    Args:
        model: the GGUF file.
        max_seconds: time for annotating, in seconds; the part is chosen to fit.
    """

    model: Path
    max_seconds: float = 300.0

    @property
    def teacher(self) -> TeacherConfig:
        """Settings that suit small models."""
        return TeacherConfig(
            backend="local",
            model=str(self.model.absolute()),
            max_tokens=512,
            timeout=600.0,
            structured="json_schema",
            demonstrations=DemonstrationsConfig(kind="covering"),
        )


@dataclass(frozen=True, slots=True)
class LocalComparison:
    """Scores of a language model on this machine and of the recorded teacher.

    Args:
        model: name of the model's file.
        sentences: number of sentences that both annotated.
        local: scores of the model.
        recorded: scores of the recorded teacher on the same sentences.
        seconds: mean time of a reply in its slot, in seconds.
    """

    model: str
    sentences: int
    local: Appraisal
    recorded: Appraisal
    seconds: float

    def as_dict(self) -> dict[str, Any]:
        """Return the comparison for JSON."""
        return {
            "model": self.model,
            "sentences": self.sentences,
            "seconds_per_reply": self.seconds,
            "scores": self.local.as_dict(),
            "recorded": self.recorded.as_dict(),
        }


def annotate_part(
    corpus: NewswireCorpus,
    task: Task,
    local: LocalPart,
    recorded: PromptResult,
    run_folder: RunFolder,
    progress: Progress,
) -> LocalComparison:
    """Annotate the beginning of the pool on this machine, and score it like the recorded teacher.

    A second run uses the stored replies of the first one and requests no more.

    Args:
        corpus: the sample corpus.
        task: renders the prompts and parses the replies.
        local: the model, and the time for it.
        recorded: annotations of the recorded teacher.
        run_folder: the demo's folder, with the store of replies.
        progress: called with stage, done, total and details.

    Raises:
        ConfigError: no engine is installed, or there is no model.
        DataError: the file of the model is damaged.
        TeacherError: the model cannot be used.
    """
    teacher, store = local.teacher, run_folder.replies
    shown = choose_demonstrations(
        teacher.demonstrations, corpus.train, [*corpus.dev, *corpus.test, *corpus.pool_gold]
    )

    def send(number: int) -> AnnotateReport:
        return annotate(corpus.pool[:number], task, teacher, store, progress, shown)

    started = time.monotonic()
    _, missing = count_pending(corpus.pool, task, teacher, store, shown)
    number = len(corpus.pool) - missing.documents
    if number < _FIRST:
        number = _FIRST
        with keep_servers():
            first = send(number)
            each = first.ask_report.seconds / max(1, first.ask_report.sent)
            left = max(0.0, local.max_seconds - (time.monotonic() - started))
            more = min(len(corpus.pool), number + int(left / max(each, 1e-3)))
            if more > number:
                number = more
                send(number)
    gold = corpus.pool_gold[:number]
    located = locate(gold, task, teacher, store, progress, shown)
    with ReplyStore(store) as replies:
        requests = make_requests(gold, task, teacher, demonstrations=shown)
        waits = [reply.latency for one in requests if (reply := replies.get(one.key)) is not None]
    return LocalComparison(
        local.model.name,
        number,
        appraise(located.documents, gold, task),
        appraise(recorded.pool.documents, gold, task),
        sum(waits) / max(1, len(waits)),
    )
