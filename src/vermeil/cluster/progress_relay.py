"""Progress of what runs elsewhere, told here."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from vermeil.cluster.connection import local_actor_options, require_ray
from vermeil.data.progress import Progress

_POLL_SECONDS = 0.5
"""Seconds between two looks at what is new."""

Detail = Mapping[str, float | int | str]


class ProgressRelay:
    """An actor: how far something is, in the words of a progress."""

    def __init__(self) -> None:
        self._latest: tuple[Any, ...] | None = None

    def publish(self, *report: Any) -> None:
        """Replace what stands there."""
        self._latest = report

    def latest(self) -> tuple[Any, ...] | None:
        """Return what stands there."""
        return self._latest


def relay_progress(relay: Any) -> Progress:
    """Return a progress that writes to a board, wherever it is called."""

    def write(stage: str, done: int, total: int | None, detail: Detail) -> None:
        relay.write.remote(stage, done, total, dict(detail))

    return write


@contextmanager
def open_progress_relay(progress: Progress) -> Iterator[Any]:
    """Give the handle of a board; what is written there is told to ``progress``."""
    ray = require_ray()
    board = ray.remote(ProgressRelay).options(**local_actor_options()).remote()
    ended = threading.Event()

    def look() -> None:
        last = None
        while True:
            over = ended.wait(_POLL_SECONDS)
            words = ray.get(board.read.remote())
            if words is not None and words != last:
                last = words
                progress(*words)
            if over:
                return

    looking = threading.Thread(target=look, name="vermeil-progress", daemon=True)
    looking.start()
    try:
        yield board
    finally:
        ended.set()
        looking.join(timeout=5)
        ray.kill(board)
