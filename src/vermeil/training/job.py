"""The training job: the documents and settings of one student."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import wraps
from typing import ParamSpec, TypeVar

from vermeil.blending.config import BlendingConfig
from vermeil.blending.schedules import Schedule
from vermeil.data.document import Document
from vermeil.selection.config import SelectionConfig
from vermeil.student.config import CardConfig, StudentConfig
from vermeil.tasks.protocol import Task

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainJob:
    """Documents and settings of one training.

    Args:
        gold: documents that people annotated; may be empty if the regimen uses none.
        silver: documents that the teacher annotated. Documents without an annotation are counted
            and left out of training; `vermeil.refine` annotates them with a student.
        dev: documents that people annotated, to select the best state on
            (``student.select = "best_dev"``), or else to score the trained student on.
        task: the task of the student.
        student: encoder and training settings.
        blending: regimen, schedule and budget.
        selection: how silver is judged, for `vermeil.refine`, `vermeil.select` and the regimen
            auto.
        seed: draws the weights of the head, the batches, the dropout and the folds.
        schedule: the gold share as a function of progress in [0, 1]. For the regimen schedule, it
            replaces ``blending.schedule``.
        card: statements for the model card.
        teacher_terms: terms under which the teacher's replies may be used, for the model card.
    """

    gold: Sequence[Document] = ()
    silver: Sequence[Document] = ()
    dev: Sequence[Document] = ()
    task: Task
    student: StudentConfig = field(default_factory=StudentConfig)
    blending: BlendingConfig = field(default_factory=BlendingConfig)
    selection: SelectionConfig = field(default_factory=SelectionConfig)
    seed: int = 0
    schedule: Schedule | None = None
    card: CardConfig = field(default_factory=CardConfig)
    teacher_terms: str = ""

    def __post_init__(self) -> None:
        """Keep the documents as tuples, so that a job does not change after it was made."""
        for name in ("gold", "silver", "dev"):
            object.__setattr__(self, name, tuple(getattr(self, name)))


def takes_job(function: Callable[P, R]) -> Callable[P, R]:
    """Decorate a function to raise `TypeError` unless its first argument is a `TrainJob`."""

    @wraps(function)
    def checked(*args: P.args, **kwargs: P.kwargs) -> R:
        job = args[0] if args else kwargs.get("job")
        if not isinstance(job, TrainJob):
            name = f"vermeil.{function.__name__}"
            given = type(job).__name__ if args or "job" in kwargs else "nothing"
            raise TypeError(
                f"{name}: the first argument must be a vermeil.TrainJob, not {given}; call "
                f"{name}(vermeil.TrainJob(gold=…, silver=…, task=…), …)"
            )
        return function(*args, **kwargs)

    return checked
