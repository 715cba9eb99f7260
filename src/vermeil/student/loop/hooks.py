"""Callbacks and shared state of a training; this module needs no torch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from vermeil.data.progress import Progress, silent
from vermeil.student.loop.step_record import OnStep

if TYPE_CHECKING:
    from vermeil.student.loop.checkpoint import Checkpoint
    from vermeil.student.loop.distributed import DistributedContext

ScoreFunction = Callable[[], float]
"""Return the F1 of the student, in [0, 1], on the documents that select the best state."""


class Observer(Protocol):
    """Measure the student during training without changing it."""

    def is_due(self, step: int) -> bool:
        """Return whether to call `observe` after this step, counted from 1."""

    def observe(self, step: int) -> None:
        """Measure the student after a step.

        The network has all its word embeddings. `observe` may leave it in training or evaluation
        mode. Time, random numbers and mode are restored afterwards.

        Args:
            step: number of the step, counted from 1.
        """


@dataclass(frozen=True, slots=True)
class TrainingHooks:
    """Callbacks and shared state of a training; every field is optional.

    Args:
        progress: called after every step with loss, gold share, wordpieces per second and dev F1.
        on_step: called after every step with its `StepRecord`.
        score: returns the F1 of the student; needed for ``student.select = "best_dev"``.
        checkpoint: stores the state of training, and loads the state of an interrupted training.
        distributed: the processes that share the work; None: this process alone.
        on_threads: called before the first step with the number of threads and its measurement, as
            a record; not called if ``student.threads`` is set, or on a GPU.
        observer: measures the student between steps, in the process of rank 0. Its time does not
            count as training time.
    """

    progress: Progress = silent
    on_step: OnStep = field(default=lambda _: None)
    score: ScoreFunction | None = None
    checkpoint: Checkpoint | None = None
    distributed: DistributedContext | None = None
    on_threads: Callable[[Mapping[str, Any]], None] = field(default=lambda _: None)
    observer: Observer | None = None
