"""Small trainings in a process of their own: what the reviewed documents gain on dev."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from vermeil.blending.regimens import REGIMENS
from vermeil.data.document import Document
from vermeil.errors import DataError, VermeilError
from vermeil.evaluation.arrays import micro_f1
from vermeil.evaluation.bootstrap import paired_bootstrap
from vermeil.evaluation.documents import items_by_group, score_documents
from vermeil.jobs.executor import exit_with_parent
from vermeil.jobs.ranking.rank import rank
from vermeil.jobs.ranking.sources import RankSources
from vermeil.jobs.train import train
from vermeil.selection.ranking.config import RankConfig
from vermeil.student.load import load_predictor
from vermeil.tasks import make_task
from vermeil.tasks.config import TaskConfig
from vermeil.training.job import TrainJob

_NICE = 10
"""Added to the niceness of the training, so that the page stays fast."""

Table = list[list[int]]
"""Correct, predicted and gold items of each group of dev."""


@dataclass(frozen=True, slots=True)
class TrainingRequest:
    """Inputs of one small training.

    Args:
        job: documents and settings without the reviewed documents; its task is replaced.
        task: the configuration of the task.
        reviewed: the reviewed documents, added to gold.
        remaining: documents of the queue to rank by the new student.
        wordpieces: budget of each training.
        resamples: number of bootstrap resamples of the interval.
        baseline: counts on dev of the training without the reviewed documents, if it was made.
    """

    job: Mapping[str, Any]
    task: TaskConfig
    reviewed: Sequence[Document]
    remaining: Sequence[Document]
    wordpieces: int
    resamples: int
    baseline: Table | None = None


@dataclass(slots=True)
class TrainingStatus:
    """State of the last small training, for the page.

    Args:
        phase: ``none``, ``running``, ``done`` or ``failed``.
        stage: what the training does.
        done: number of finished units of the stage.
        total: number of all units; None: unknown.
        problem: why it failed.
        results: result of each finished training, the last one at the end.
    """

    phase: str = "none"
    stage: str = ""
    done: int = 0
    total: int | None = None
    problem: str | None = None
    results: list[dict[str, Any]] = field(default_factory=list)


class BackgroundTraining:
    """Runs one small training at a time. Safe for several threads.

    Args:
        job: gold, silver, dev and settings; None: training is not possible.
        wordpieces: budget of each training in wordpieces.
        resamples: number of bootstrap resamples of the interval.
        reason: why training is not possible.
    """

    def __init__(
        self, job: TrainJob | None, wordpieces: int, resamples: int, reason: str | None = None
    ) -> None:
        self._job, self._wordpieces, self._resamples = job, wordpieces, resamples
        self.unavailable = reason
        if job is not None and not job.dev:
            self.unavailable = "corpora.dev is not set; name annotated documents to score on"
        self.status = TrainingStatus()
        self._lock = threading.Lock()
        self._baseline: Table | None = None
        self._process: Any = None

    def start(
        self,
        reviewed: Sequence[Document],
        remaining: Sequence[Document],
        minutes: float,
        on_order: Any,
    ) -> bool:
        """Start a training; return False if one is running.

        Args:
            reviewed: the reviewed documents with their annotation.
            remaining: documents of the queue without a review.
            minutes: active time of the review.
            on_order: called with the ids of ``remaining``, in the order of `vermeil.rank`.
        """
        assert self._job is not None
        with self._lock:
            if self.status.phase == "running":
                return False
            self.status = TrainingStatus("running", "start", results=self.status.results)
        fields = ("gold", "silver", "dev", "student", "blending", "seed")
        request = TrainingRequest(
            {name: getattr(self._job, name) for name in fields},
            self._job.task.config,
            reviewed,
            remaining,
            self._wordpieces,
            self._resamples,
            self._baseline,
        )
        context = get_context("spawn")
        receiver, sender = context.Pipe(duplex=False)
        self._process = context.Process(target=_run, args=(request, sender), daemon=True)
        self._process.start()
        sender.close()
        threading.Thread(
            target=self._follow, args=(receiver, len(reviewed), minutes, on_order), daemon=True
        ).start()
        return True

    def stop(self) -> None:
        """End a running training."""
        if self._process is not None and self._process.is_alive():
            self._process.terminate()
            self._process.join()

    def _follow(self, receiver: Connection, documents: int, minutes: float, on_order: Any) -> None:
        """Receive the messages of the process until it ends."""
        outcome: tuple[str, Any] = (
            "failed",
            "the training process ended, perhaps for lack of memory",
        )
        with suppress(EOFError, OSError):
            while True:
                kind, content = receiver.recv()
                if kind == "progress":
                    self.status.stage, self.status.done, self.status.total = content
                else:
                    outcome = (kind, content)
        kind, content = outcome
        if kind == "failed":
            self.status.problem = content
        else:
            self._baseline = content.pop("baseline")
            on_order(content.pop("order"))
            gain = content["difference"]
            per_minute = None if gain is None or not minutes else gain / minutes
            result = {"documents": documents, "minutes": minutes, "gain_per_minute": per_minute}
            self.status.results.append({**content, **result})
        self.status.phase = kind


def _run(request: TrainingRequest, sender: Connection) -> None:
    """Train without and with the reviewed documents, score both on dev, and rank the rest."""
    exit_with_parent()
    with suppress(OSError, AttributeError):
        os.nice(_NICE)

    def report(stage: str, done: int, total: int | None, detail: Mapping[str, Any]) -> None:  # noqa: ARG001
        sender.send(("progress", (stage, done, total)))

    try:
        with TemporaryDirectory(prefix="vermeil-review-") as name:
            sender.send(("done", _result(request, Path(name), report)))
    except VermeilError as error:
        sender.send(("failed", str(error)))
    finally:
        sender.close()


def _result(request: TrainingRequest, folder: Path, report: Any) -> dict[str, Any]:
    task = make_task(request.task)
    own = {document.id for document in request.reviewed}
    job = TrainJob(**{**request.job, "task": task})
    baseline = request.baseline
    if baseline is None and (job.gold or job.silver):
        baseline = _table(_train(job, request.wordpieces, folder / "before", report), job)
    more = replace(
        job,
        gold=[d for d in job.gold if d.id not in own] + list(request.reviewed),
        silver=[d for d in job.silver if d.id not in own],
    )
    model = _train(more, request.wordpieces, folder / "after", report)
    after = _table(model, job)
    report("rank", 0, None, {})
    order = _order(request.remaining, job, model, report)
    return {"baseline": baseline, "order": order, **_scores(baseline, after, request.resamples)}


def _order(documents: Sequence[Document], job: TrainJob, model: Path, report: Any) -> list[str]:
    """Return the ids of documents, the highest uncertainty per minute first."""
    config = RankConfig(annotator="person", strategy="cost_aware", batch=1)
    try:
        ranked = rank(documents, job.task, config, RankSources(model=model), report, job.seed)
    except DataError:  # no document is left
        return []
    return [entry.id for entry in ranked.entries]


def _scores(baseline: Table | None, after: Table, resamples: int) -> dict[str, Any]:
    second = np.array(after, dtype=np.int64)
    after_f1 = float(micro_f1(second.sum(axis=0)))
    if baseline is None:
        return {"before": None, "after": after_f1, "difference": None, "low": None, "high": None}
    first = np.array(baseline, dtype=np.int64)
    found = paired_bootstrap(second[None], first[None], resamples, 0)
    return {
        "before": float(micro_f1(first.sum(axis=0))),
        "after": after_f1,
        "difference": found.difference,
        "low": found.low,
        "high": found.high,
    }


def _train(job: TrainJob, wordpieces: int, folder: Path, report: Any) -> Path:
    """Train a student within the small budget."""
    regimen = job.blending.regimen
    if not job.gold:
        regimen = "silver_only"
    elif not job.silver:
        regimen = "gold_only"
    elif REGIMENS[regimen].makes_silver or regimen == "recommended":
        regimen = "simple_mix"
    budget = job.blending.budget.model_copy(update={"name": "equal", "wordpieces": wordpieces})
    blending = job.blending.model_copy(update={"regimen": regimen, "budget": budget})
    student = job.student.model_copy(update={"select": "last", "tracker": "none"})
    small = replace(job, blending=blending, student=student)
    return train(small, folder, report).folder


def _table(model: Path, job: TrainJob) -> Table:
    """Return the counts of a student on dev by group."""
    dev = [document for document in job.dev if not document.annotation.is_empty]
    scored = list(score_documents(load_predictor(model).predict(dev), dev, job.task))
    items = items_by_group([gold for gold, _ in scored], [counts for _, counts in scored])
    return [row.tolist() for row in items.values()]
