"""Rejections with an ambiguous cause: settings that affect every request, or one document.

A server that has answered other requests has accepted key, model and address. A rejection such as
HTTP 403 or 404 is then due to the text: a web firewall or a content policy. But access can also end
during a run, so many rejections in a row count as a problem of the settings again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

_MAX_IN_A_ROW = 20
"""Rejections in a row, without an answer in between, that stop a run."""


class Rejections:
    """Decides whether a rejection affects every request.

    While it is undecided whether the teacher answers any request, no other request is sent. The
    results of requests that are already in flight decide.

    Args:
        documents_per_request: maximum number of documents that one rejection affects.
        has_answered: returns whether the teacher answered a request before this run, or a request
            of another worker; called at most once, before the run would stop.
    """

    def __init__(
        self, documents_per_request: int, has_answered: Callable[[], Awaitable[bool]]
    ) -> None:
        self._limit = max(_MAX_IN_A_ROW, 2 * documents_per_request)
        self._has_answered: Callable[[], Awaitable[bool]] | None = has_answered
        self._answered = False
        self._in_flight = self._in_a_row = self._undecided = 0
        self._changed, self._lock = asyncio.Event(), asyncio.Lock()

    async def admit(self) -> None:
        """Wait until a request may be sent, and count it as in flight; see `end`."""
        while self._undecided:
            await self._wait()
        self._in_flight += 1

    def end(self, *, answered: bool) -> None:
        """Count a request as no longer in flight.

        Args:
            answered: whether the teacher returned a reply.
        """
        self._in_flight -= 1
        if answered:
            self.record_answer()
        self._changed.set()

    def record_answer(self) -> None:
        """Record that the teacher answered a request, in this run or before."""
        self._answered, self._in_a_row = True, 0
        self._changed.set()

    async def affects_all(self) -> bool:
        """Return whether a rejection that just arrived affects every request."""
        self._in_a_row += 1
        self._undecided += 1
        try:
            while not self._answered and self._in_flight:
                await self._wait()
            async with self._lock:
                if not self._answered and self._has_answered is not None:
                    has_answered, self._has_answered = self._has_answered, None
                    self._answered = await has_answered() or self._answered
        finally:
            self._undecided -= 1
            self._changed.set()
        return not self._answered or self._in_a_row >= self._limit

    async def _wait(self) -> None:
        self._changed.clear()
        await self._changed.wait()
