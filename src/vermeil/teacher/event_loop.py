"""Event loop: runs asynchronous work for synchronous callers."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Iterable


def run_to_end(work: Coroutine[None, None, None]) -> None:
    """Run ``work`` and return when it is done; Ctrl-C cancels it and is then raised.

    A second Ctrl-C cancels it again and so interrupts its shutdown.
    Inside a running event loop (a notebook), the work runs in a separate thread with its own loop.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        asyncio.run(work)
        return
    _ThreadRunner(work).run()


def first_error(tasks: Iterable[asyncio.Task[None]]) -> BaseException | None:
    """Return an error of tasks that have ended; None if there is none."""
    for task in tasks:
        if task.done() and not task.cancelled() and task.exception() is not None:
            return task.exception()
    return None


class _ThreadRunner:
    """Runs work in a separate thread and cancels it when the caller is interrupted."""

    def __init__(self, work: Coroutine[None, None, None]) -> None:
        self._work = work
        self._started = threading.Event()
        self._error: BaseException | None = None

    def run(self) -> None:
        thread = threading.Thread(target=self._in_thread, name="vermeil-teacher")
        thread.start()
        self._started.wait()
        try:
            thread.join()
        except KeyboardInterrupt:
            self._cancel()
            try:
                thread.join()
            except KeyboardInterrupt:
                self._cancel()
                thread.join()
            raise
        if self._error is not None:
            raise self._error

    def _cancel(self) -> None:
        self._loop.call_soon_threadsafe(self._task.cancel)

    def _in_thread(self) -> None:
        try:
            asyncio.run(self._run_work())
        except BaseException as error:
            self._error = error

    async def _run_work(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._task = asyncio.ensure_future(self._work)
        self._started.set()
        await self._task
