"""The end of a review that is one round of `vermeil.run_loop`."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import Literal

from vermeil.corpora.review_log.events import ReviewedText

EndReason = Literal["button", "minutes", "interrupted"]
"""Why a round ended. button: an annotator ended it on the page. minutes: its minutes are over.
interrupted: the process was interrupted (Ctrl-C)."""


class RoundEnd:
    """Ends the review page of one round, once. Safe for several threads.

    Args:
        number: number of the round, from 1.
        minutes: active minutes of the annotators that the round may take; None: no limit.
    """

    def __init__(self, number: int, minutes: float | None = None) -> None:
        self.number, self.minutes = number, minutes
        self._lock = threading.Lock()
        self._reason: EndReason | None = None
        self._stop: Callable[[], None] = lambda: None

    @property
    def reason(self) -> EndReason | None:
        """Reason of the end; None: the round has not ended."""
        return self._reason

    def connect(self, stop: Callable[[], None]) -> None:
        """Set the function that stops the server."""
        self._stop = stop

    def end(self, reason: EndReason) -> None:
        """End the round; the first reason counts."""
        with self._lock:
            self._reason = self._reason or reason
        self._stop()

    def end_if_over(self, texts: Iterable[ReviewedText]) -> bool:
        """End the round if its minutes are over; return whether they are.

        Args:
            texts: the texts with decisions.
        """
        if self.minutes is None or active_minutes(texts) < self.minutes:
            return False
        self.end("minutes")
        return True


def active_minutes(texts: Iterable[ReviewedText]) -> float:
    """Return the active minutes of all annotators, settlements included."""
    return sum(session.seconds for text in texts for session in text.sessions.values()) / 60
