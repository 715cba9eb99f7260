"""The executor of a job: this process, or a cluster."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass
from multiprocessing import parent_process
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from vermeil.data.progress import Progress, silent
from vermeil.training.job import TrainJob

if TYPE_CHECKING:
    from vermeil.jobs.train import TrainReport
    from vermeil.student.loop.checkpoint import OnCheckpoint
    from vermeil.teacher.engine import SendRequests


class TrainFunction(Protocol):
    """A function that trains a student, with the parameters of `vermeil.train`."""

    def __call__(
        self,
        job: TrainJob,
        output: Path | str,
        progress: Progress = silent,
        *,
        on_checkpoint: OnCheckpoint | None = None,
        overwrite: bool = False,
    ) -> TrainReport:
        """Train a student and save it in the folder ``output``."""


@dataclass(frozen=True, slots=True)
class Executor:
    """The functions that replace those of this process; None: this process does the work.

    Args:
        send_requests: sends requests to the teacher, as `vermeil.teacher.engine.send_requests`.
        train: trains a student, as `vermeil.train`.
    """

    send_requests: SendRequests | None = None
    train: TrainFunction | None = None


LOCAL = Executor()
"""This process does all of the work."""


def exit_with_parent() -> None:
    """Start a thread that ends this process when its parent process has died.

    It is the initialiser of worker processes, which would otherwise train for no one.
    """
    parent = parent_process()

    def wait() -> None:
        if parent is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=wait, name="vermeil-parent", daemon=True).start()
