"""First failures of a run: the run stops if no reply is usable and enough requests fail alike."""

from __future__ import annotations

from collections import Counter


class FirstFailures:
    """Counts of failures before the first usable reply of a run.

    Args:
        limit: number of failures of the same kind that stops the run; 0: never.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._counts: Counter[str] = Counter()

    def record_usable(self) -> None:
        """Record a usable reply; the run then never stops."""
        self._limit = 0

    async def record_failure(self, kind: str) -> bool:
        """Count the failure of a request that was sent; return whether the run should stop."""
        self._counts[kind] += 1
        return await self.should_stop()

    async def should_stop(self) -> bool:
        """Return whether enough requests failed alike, and no reply was usable."""
        return 0 < self._limit <= max(self._counts.values(), default=0)
