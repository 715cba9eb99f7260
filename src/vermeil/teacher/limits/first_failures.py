"""First failures of a run: no further request is sent when enough requests fail alike."""

from __future__ import annotations

import asyncio
from collections import Counter

from vermeil.data.reply import State


class FirstFailures:
    """Counts of failures before the first usable reply of a run.

    Until then, no more requests are admitted than could still fail before the limit. So exactly
    ``limit`` requests are sent if all fail in the same way.

    Args:
        limit: number of failures of the same kind that stops the run; 0: never.
    """

    def __init__(self, limit: int) -> None:
        self._limit, self._admitted, self._has_usable = limit, 0, False
        self._counts: Counter[str] = Counter()
        self._changed = asyncio.Event()

    async def admit(self) -> bool:
        """Wait until a request may be sent; return False if the run should stop.

        Every admitted request has to be recorded.
        """
        while self._limit and self._most_alike + self._admitted >= self._limit:
            if self._most_alike >= self._limit:
                return False
            self._changed.clear()
            await self._changed.wait()
        self._admitted += 1
        return True

    async def record(self, failure: str | None) -> None:
        """Record the result of an admitted request.

        Args:
            failure: kind of failure; None: the reply is usable.
        """
        self.withdraw(1)
        if failure is None:
            await self.record_usable()
        elif failure != State.OVER_BUDGET:  # it was not sent
            self._counts[failure] += 1

    async def record_usable(self) -> None:
        """Record a usable reply; the run then never stops."""
        self._limit, self._has_usable = 0, True
        self._changed.set()

    async def has_usable(self) -> bool:
        """Return whether a usable reply was recorded."""
        return self._has_usable

    def withdraw(self, number: int) -> None:
        """Stop waiting for the results of admitted requests."""
        self._admitted -= number
        self._changed.set()

    @property
    def _most_alike(self) -> int:
        return max(self._counts.values(), default=0)


def failure_limit(stop_after_failures: int, documents_per_request: int) -> int:
    """Return the limit on failures: at least as many as one request has documents."""
    return stop_after_failures and max(stop_after_failures, documents_per_request)
