"""Training of one student from documents or from their encoded examples."""

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
from vermeil.data.ledger import teacher_ledger
from vermeil.evaluation.convergence import learning_state
from vermeil.evaluation.documents import evaluate
from vermeil.student.loop.hooks import TrainingHooks
from vermeil.tasks.added_labels import as_absent, never_annotated
from vermeil.tasks.protocol import WORD_HEADS
from vermeil.training.job import TrainJob
from vermeil.training.usable_silver import count_unannotated
from vermeil.training.usable_weights import check_weights

if TYPE_CHECKING:
    from vermeil.student.encoding.examples import EncodedCorpus
    from vermeil.student.loop.step_record import StepRecord
    from vermeil.student.student import Student

_LOSS_STEPS = 20
"""Last optimiser steps whose mean loss is the final loss of a record."""


@dataclass(frozen=True, slots=True)
class TrainingResult:
    """A trained student and the course of its training.

    Args:
        student: the student.
        plan: its batch plan.
        steps: one record per optimiser step.
        losses: named losses of encoding its documents, per origin.
        seconds: duration of training, without interruptions.
    """

    student: Student
    plan: BatchPlan
    steps: list[StepRecord]
    losses: dict[str, dict[str, int]]
    seconds: float


def fit_job(student: Student, job: TrainJob, hooks: TrainingHooks | None = None) -> TrainingResult:
    """Encode the documents of a job and train a student on them in place.

    Args:
        student: untrained, or with the weights of an earlier training.
        job: documents, blending, schedule and seed. Task and settings are those of the student.
        hooks: progress, checkpoint, scoring and observers of the training.
    """
    gold, silver = encode_corpora(student, job.gold, job.silver)
    return train_student(student, gold, silver, job.blending, job.seed, hooks, job.schedule)


def encode_corpora(
    student: Student, gold: Sequence[Document], silver: Sequence[Document]
) -> tuple[EncodedCorpus, EncodedCorpus]:
    """Return the training examples of gold and of silver.

    A label that no document is annotated for counts as absent, if all labels of a word share one
    distribution: if it were unknown everywhere, the student could predict it for every word without
    an entity. With a decision per label, such a label is not trained.

    Args:
        student: encodes the documents.
        gold: documents that people annotated.
        silver: documents that the teacher annotated.
    """
    absent = never_annotated((*gold, *silver)) if student.task.head in WORD_HEADS else ()
    if absent:
        gold, silver = ([as_absent(one, absent) for one in part] for part in (gold, silver))
    return student.encode(gold, "gold"), student.encode(silver, "silver")


def train_student(
    student: Student,
    gold: EncodedCorpus,
    silver: EncodedCorpus,
    blending: BlendingConfig,
    seed: int,
    hooks: TrainingHooks | None = None,
    schedule: Schedule | None = None,
) -> TrainingResult:
    """Plan the batches of encoded corpora and train a student on them in place.

    Args:
        student: untrained, or with the weights of an earlier training.
        gold: examples of documents that people annotated.
        silver: examples of documents that the teacher annotated.
        blending: regimen, schedule and budget.
        seed: draws batches and dropout.
        hooks: progress, checkpoint, scoring and observers of the training.
        schedule: replaces ``blending.schedule``, for the regimen schedule.

    Raises:
        DataError: all loss weights of a corpus that the plan uses are 0.
    """
    plan = plan_for(gold, silver, blending, seed, schedule)
    check_weights(gold, silver, plan)
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
    """Return the batch plan of encoded corpora."""
    sizes = [np.array([e.size for e in corpus.examples], np.int64) for corpus in (gold, silver)]
    return make_plan(sizes[0], sizes[1], blending, seed, schedule)


def dev_f1(student: Student, dev: Sequence[Document]) -> float:
    """Return the F1 of a student on dev documents."""
    plain = [document.with_annotation(UNANNOTATED) for document in dev]
    return evaluate(student.predict(plain), dev, student.task).overall.f1


def training_warnings(result: TrainingResult, final_dev_f1: float | None = None) -> list[str]:
    """Return warnings about a training: it has not finished learning.

    Args:
        result: the training.
        final_dev_f1: F1 on dev after the training; None: not scored, or scored after steps.
    """
    dev = [step.dev_f1 for step in result.steps if step.dev_f1 is not None]
    if not dev and final_dev_f1 is not None:
        dev = [final_dev_f1]
    spent = sum(step.wordpieces for step in result.steps)
    state = learning_state([step.loss for step in result.steps], dev, spent)
    if state.finished:
        return []
    return [f"{state.warning} (blending.budget; this training used {spent:,})"]


def _card_record(job: TrainJob) -> dict[str, Any]:
    """Return the ledger of the silver and the statements for the model card, if there are any."""
    ledger = [row.as_dict() for row in teacher_ledger(job.silver)]
    stated = {**job.card.model_dump(mode="json"), "teacher_terms": job.teacher_terms}
    card = {name: value for name, value in stated.items() if value}
    return ({"teachers": ledger} if ledger else {}) | ({"card": card} if card else {})


def training_record(
    result: TrainingResult, job: TrainJob, final_dev_f1: float | None = None
) -> dict[str, Any]:
    """Return the record of a training that a model folder keeps.

    Args:
        result: the training.
        job: its documents, blending and seed.
        final_dev_f1: F1 on dev after the training; None: not scored, or scored after steps.
    """
    last = result.steps[-_LOSS_STEPS:]
    scored = [step for step in result.steps if step.dev_f1 is not None]
    best = max(scored, key=lambda step: (step.dev_f1 or 0.0, step.step), default=None)
    return {
        "vermeil": version("vermeil"),
        "regimen": job.blending.regimen,
        "blending": job.blending.model_dump(mode="json"),
        "student": result.student.config.model_dump(mode="json"),
        "seed": job.seed,
        "gold_documents": len(job.gold),
        "silver_documents": len(job.silver),
        "silver_unannotated": count_unannotated(job),
        **_card_record(job),
        "steps": len(result.steps),
        "wordpieces": sum(step.wordpieces for step in result.steps),
        "seconds": round(result.seconds, 2),
        **({"threads": result.student.threads} if result.student.threads else {}),
        "final_loss": sum(step.loss for step in last) / len(last),
        "losses": result.losses,
        **({} if final_dev_f1 is None else {"dev_f1": final_dev_f1}),
        **({} if best is None else {"selected_step": best.step, "dev_f1": best.dev_f1}),
        "warnings": training_warnings(result, final_dev_f1),
    }
