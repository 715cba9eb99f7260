"""Group commit: makes additions of many workers durable together, outside the event loop."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

from vermeil.teacher.store.store import ReplyStore

_COLLECT_SECONDS = 0.01
"""Time over which additions are collected into one commit, in seconds."""


class GroupCommit:
    """Writes the additions of a store to disk in a separate thread, one transaction at a time."""

    def __init__(self, store: ReplyStore) -> None:
        self._store = store
        self._thread = ThreadPoolExecutor(1, "vermeil-store")
        self._next: asyncio.Task[None] | None = None
        self._last: asyncio.Task[None] | None = None

    async def wait_until_durable(self) -> None:
        """Wait until everything added so far is on disk."""
        if self._next is None:
            self._next = asyncio.create_task(self._commit())
        await asyncio.shield(self._next)

    async def _commit(self) -> None:
        previous, self._last = self._last, self._next
        await asyncio.sleep(_COLLECT_SECONDS)
        if previous is not None and not previous.done():
            await asyncio.wait([previous])
        self._next = None
        await asyncio.get_running_loop().run_in_executor(self._thread, self._store.flush)

    def close(self) -> None:
        """Wait for the commit in progress."""
        self._thread.shutdown()
