"""Training one student with one regimen: from documents to a model folder."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from vermeil.blending.config import BlendingConfig
from vermeil.blending.plan import make_plan
from vermeil.blending.schedules import Schedule
from vermeil.blending.weighting import apply_origin_weights
from vermeil.data.document import Document
from vermeil.data.example import BatchPlan
from vermeil.data.progress import Progress, silent
from vermeil.student.config import StudentConfig
from vermeil.tasks.protocol import Task

if TYPE_CHECKING:
    from vermeil.student.encoding import EncodedCorpus
    from vermeil.student.student import Student
    from vermeil.student.training import StepRecord


@dataclass(frozen=True, slots=True)
class Training:
    """A student that was trained, and how.

    Args:
        student: the student.
        plan: what it saw.
        steps: a record per optimiser step.
        losses: named losses of encoding its documents, per origin.
        seconds: that training took.
    """

    student: Student
    plan: BatchPlan
    steps: list[StepRecord]
    losses: dict[str, dict[str, int]]
    seconds: float


@dataclass(frozen=True, slots=True)
class TrainReport:
    """What `train` did.

    Args:
        folder: the model folder.
        record: how the student was trained, as kept in ``training.json``.
    """

    folder: Path
    record: dict[str, Any]

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {"model": str(self.folder), **self.record}


def train(
    gold: Sequence[Document],
    silver: Sequence[Document],
    task: Task,
    student: StudentConfig,
    blending: BlendingConfig,
    seed: int,
    output: Path,
    progress: Progress = silent,
    schedule: Schedule | None = None,
) -> TrainReport:
    """Train a student on gold and silver, and save it as a folder that plain transformers loads.

    Args:
        gold: documents that people annotated; may be empty where the regimen uses none.
        silver: documents that the teacher annotated; unannotated ones are counted and left out.
        task: what the student is to do.
        student: encoder and training settings.
        blending: regimen, schedule and budget.
        seed: draws the head's weights, the batches and the dropout.
        output: the model folder; written whole or not at all. ``training.jsonl`` in it has a line
            per step.
        progress: told after every step.
        schedule: a gold share of your own, as a function of progress in [0, 1]; for the regimen
            schedule, in place of ``blending.schedule``.

    Raises:
        ConfigError: the encoder is not to be had, or a schedule that leaves [0, 1].
        TrainingError: there is nothing to train on, or training diverged.
    """
    from vermeil.student.student import Student

    fresh = Student.create(task, student, seed)
    encoded = (fresh.encode(gold, "gold"), fresh.encode(silver, "silver"))
    training = train_student(fresh, *encoded, blending, seed, progress, schedule)
    record = training_record(training, blending, seed, len(gold), len(silver))
    fresh.save(output, record, training.steps)
    return TrainReport(output, record)


def train_student(
    student: Student,
    gold: EncodedCorpus,
    silver: EncodedCorpus,
    blending: BlendingConfig,
    seed: int,
    progress: Progress = silent,
    schedule: Schedule | None = None,
) -> Training:
    """Plan and train, without saving anything."""
    plan = plan_for(gold, silver, blending, seed, schedule)
    weighted = apply_origin_weights([*gold.examples, *silver.examples], plan)
    start = time.perf_counter()
    steps = student.fit(*weighted, seed, progress)
    seconds = time.perf_counter() - start
    losses = {"gold": gold.losses, "silver": silver.losses}
    return Training(student, plan, steps, losses, seconds)


def plan_for(
    gold: EncodedCorpus,
    silver: EncodedCorpus,
    blending: BlendingConfig,
    seed: int,
    schedule: Schedule | None = None,
) -> BatchPlan:
    """Return the batch plan for encoded corpora."""
    sizes = [np.array([e.size for e in corpus.examples], np.int64) for corpus in (gold, silver)]
    return make_plan(sizes[0], sizes[1], blending, seed, schedule)


def training_record(
    training: Training, blending: BlendingConfig, seed: int, gold: int, silver: int
) -> dict[str, Any]:
    """Return what a model folder keeps about its training."""
    last = training.steps[-20:]
    return {
        "vermeil": version("vermeil"),
        "regimen": blending.regimen,
        "blending": blending.model_dump(mode="json"),
        "student": training.student.config.model_dump(mode="json"),
        "seed": seed,
        "gold_documents": gold,
        "silver_documents": silver,
        "steps": training.plan.steps,
        "wordpieces": training.plan.total_wordpieces,
        "seconds": round(training.seconds, 2),
        "final_loss": sum(s.loss for s in last) / len(last),
        "losses": training.losses,
    }
