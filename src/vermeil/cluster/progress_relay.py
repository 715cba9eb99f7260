"""Progress of remote work, forwarded to a callback in this process through an actor."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from vermeil.cluster.connection import local_actor_options, require_ray
from vermeil.data.progress import Progress

_POLL_SECONDS = 0.5
"""Seconds between two polls for new progress."""

Detail = Mapping[str, float | int | str]


class ProgressRelay:
    """An actor that holds the latest progress report."""

    def __init__(self) -> None:
        self._latest: tuple[Any, ...] | None = None

    def publish(self, *report: Any) -> None:
        """Replace the latest report."""
        self._latest = report

    def latest(self) -> tuple[Any, ...] | None:
        """Return the latest report; None before the first one."""
        return self._latest


def relay_progress(relay: Any) -> Progress:
    """Return a progress callback that publishes to a relay and works on every machine."""

    def publish(stage: str, done: int, total: int | None, detail: Detail) -> None:
        relay.publish.remote(stage, done, total, dict(detail))

    return publish


@contextmanager
def open_progress_relay(progress: Progress) -> Iterator[Any]:
    """Yield the handle of a new relay; call ``progress`` with every new report."""
    ray = require_ray()
    relay = ray.remote(ProgressRelay).options(**local_actor_options()).remote()
    ended = threading.Event()

    def poll() -> None:
        last = None
        while True:
            is_last_poll = ended.wait(_POLL_SECONDS)
            report = ray.get(relay.latest.remote())
            if report is not None and report != last:
                last = report
                progress(*report)
            if is_last_poll:
                return

    thread = threading.Thread(target=poll, name="vermeil-progress", daemon=True)
    thread.start()
    try:
        yield relay
    finally:
        ended.set()
        thread.join(timeout=5)
        ray.kill(relay)
