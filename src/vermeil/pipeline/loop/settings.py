"""Settings and callbacks of a loop."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

from vermeil.config import Config
from vermeil.data.progress import Progress, silent
from vermeil.jobs.executor import Executor
from vermeil.pipeline.loop.folder import LoopFolder
from vermeil.pipeline.loop.limits import LoopLimits
from vermeil.pipeline.loop.records import LoopReport
from vermeil.serving.review.address import ReviewAccess

OpenProgress = Callable[[], AbstractContextManager[Progress]]
"""Function that returns a context manager with a progress callback."""


def silent_display() -> AbstractContextManager[Progress]:
    """Return a context manager with a callback that shows nothing."""
    return nullcontext(silent)


@dataclass(frozen=True, slots=True)
class LoopSettings:
    """Settings of a loop.

    Args:
        config: the whole configuration.
        limits: the values at which the loop ends.
        review: address of the review page and annotators; None: no review.
        folder: the files of the loop.
        executor: where the stages run.
    """

    config: Config
    limits: LoopLimits
    review: ReviewAccess | None
    folder: LoopFolder
    executor: Executor


@dataclass(frozen=True, slots=True)
class LoopHooks:
    """Callbacks of a loop.

    Args:
        open_progress: opens the display of progress for some stages, and closes it before a review.
        log: called with one line of text.
        on_round: called with all rounds after each round.
        goes_on: called when Ctrl-C ended a review; returns whether to train now.
    """

    open_progress: OpenProgress = silent_display
    log: Callable[[str], None] = lambda _: None
    on_round: Callable[[LoopReport], None] = lambda _: None
    goes_on: Callable[[], bool] = lambda: False
