"""Train one student from encoded documents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np

from vermeil.blending.config import BlendingConfig
from vermeil.blending.plan import make_plan
from vermeil.blending.schedules import Schedule
from vermeil.blending.weighting import apply_origin_weights
from vermeil.data.document import UNANNOTATED, Document
from vermeil.data.example import BatchPlan
from vermeil.evaluation.documents import evaluate

if TYPE_CHECKING:
    from vermeil.student.encoding.examples import EncodedCorpus
    from vermeil.student.loop.loop import TrainingHooks
    from vermeil.student.loop.metrics import StepRecord
    from vermeil.student.student import Student


@dataclass(frozen=True, slots=True)
class TrainingResult:
    """A student that was trained, and how.

    Args:
        student: the student.
        plan: what it saw.
        steps: a record per optimiser step.
        losses: named losses of encoding its documents, per origin.
        seconds: that training took, interruptions left out.
    """

    student: Student
    plan: BatchPlan
    steps: list[StepRecord]
    losses: dict[str, dict[str, int]]
    seconds: float


def dev_f1(student: Student, dev: Sequence[Document]) -> float:
    """Return the F1 of a student on documents to choose by."""
    plain = [document.with_annotation(UNANNOTATED) for document in dev]
    return evaluate(student.predict(plain), dev, student.task).overall.f1


def train_student(
    student: Student,
    gold: EncodedCorpus,
    silver: EncodedCorpus,
    blending: BlendingConfig,
    seed: int,
    hooks: TrainingHooks | None = None,
    schedule: Schedule | None = None,
) -> TrainingResult:
    """Plan and train, without saving the student."""
    plan = plan_for(gold, silver, blending, seed, schedule)
    weighted = apply_origin_weights([*gold.examples, *silver.examples], plan)
    steps = student.fit(*weighted, seed, hooks)
    losses = {"gold": gold.encoding_losses, "silver": silver.encoding_losses}
    return TrainingResult(student, plan, steps, losses, steps[-1].seconds)


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
    training: TrainingResult, blending: BlendingConfig, seed: int, gold: int, silver: int
) -> dict[str, Any]:
    """Return what a model folder keeps about its training."""
    last = training.steps[-20:]
    scored = [step for step in training.steps if step.dev_f1 is not None]
    best = max(scored, key=lambda step: (step.dev_f1 or 0.0, step.step), default=None)
    return {
        "vermeil": version("vermeil"),
        "regimen": blending.regimen,
        "blending": blending.model_dump(mode="json"),
        "student": training.student.config.model_dump(mode="json"),
        "seed": seed,
        "gold_documents": gold,
        "silver_documents": silver,
        "steps": len(training.steps),
        "wordpieces": sum(step.wordpieces for step in training.steps),
        "seconds": round(training.seconds, 2),
        "final_loss": sum(s.loss for s in last) / len(last),
        "losses": training.losses,
        **({} if best is None else {"selected_step": best.step, "dev_f1": best.dev_f1}),
    }
