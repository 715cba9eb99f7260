"""The executor of a job: this process, or a cluster."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vermeil.jobs.train import TrainReport
    from vermeil.teacher.engine import SendRequests


@dataclass(frozen=True, slots=True)
class Executor:
    """Who does the work, where it is not this process; None: this process.

    Args:
        send_requests: puts requests to the teacher, as `vermeil.teacher.engine.ask`.
        train: trains, as `vermeil.jobs.train.train`.
    """

    send_requests: SendRequests | None = None
    train: Callable[..., TrainReport] | None = None


LOCAL = Executor()


"""This process does all of it."""
