"""Predicting for many requests at once: what waits while the model computes is the next batch."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from time import perf_counter

from vermeil.data.document import Document
from vermeil.serving.limits import Limits, estimate_wordpieces

Predict = Callable[[list[Document]], list[Document]]


class BusyError(Exception):
    """So much waits already that a request would only wait, too.

    Args:
        seconds: in which it may be worth another try.
    """

    def __init__(self, seconds: int) -> None:
        super().__init__(f"busy; try again in {seconds} s")
        self.seconds = seconds


@dataclass(frozen=True, slots=True, eq=False)
class _PendingRequest:
    documents: list[Document]
    done: asyncio.Future[list[Document]]
    wordpieces: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "work", estimate_wordpieces(self.documents))


class Batcher:
    """Gathers requests into batches, and has one thread predict them.

    There is no waiting for company: a request that comes alone is predicted alone, and those that
    come meanwhile go together, up to a budget of wordpieces.

    Args:
        predict: annotates documents, in order.
        limits: budget of a batch, and how much may wait.
        observe: told documents and seconds of every batch.
    """

    def __init__(
        self, predict: Predict, limits: Limits, observe: Callable[[int, float], None]
    ) -> None:
        self._predict, self._limits, self._observe = predict, limits, observe
        self._queue: deque[_PendingRequest] = deque()
        self._arrived = asyncio.Event()
        self._thread = ThreadPoolExecutor(1, "predict")
        self._task: asyncio.Task[None] | None = None
        self._wordpieces_per_second = 1_000.0  # wordpieces per second, until something was measured
        self.waiting = 0
        """Wordpieces (about) that wait or are being predicted."""

    def start(self) -> None:
        """Begin; inside the event loop that requests come from."""
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def stop(self) -> None:
        """End, after the batch that is being predicted; what waits is given up."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        for job in self._queue:
            job.done.cancel()
        await asyncio.to_thread(self._thread.shutdown)

    async def predict(self, documents: list[Document]) -> list[Document]:
        """Return the documents annotated.

        Raises:
            BusyError: too much waits already.
            TimeoutError: it took too long; if it is not being predicted yet, it will not be.
        """
        job = _PendingRequest(documents, asyncio.get_running_loop().create_future())
        if self.waiting and self.waiting + job.wordpieces > self._limits.waiting:
            raise BusyError(max(1, round(self.waiting / self._wordpieces_per_second)))
        self.waiting += job.wordpieces
        self._queue.append(job)
        self._arrived.set()
        try:
            async with asyncio.timeout(self._limits.seconds):
                return await job.done
        finally:
            self.waiting -= job.wordpieces

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await self._arrived.wait()
            batch = self._next_batch()
            if not batch:
                self._arrived.clear()
                continue
            documents = [document for job in batch for document in job.documents]
            began = perf_counter()
            try:
                found = await loop.run_in_executor(self._thread, self._predict, documents)
            except Exception as error:
                for job in batch:
                    if not job.done.done():
                        job.done.set_exception(error)
                continue
            seconds = perf_counter() - began
            self._wordpieces_per_second = sum(job.wordpieces for job in batch) / max(seconds, 1e-6)
            self._observe(len(documents), seconds)
            for job in batch:
                own, found = found[: len(job.documents)], found[len(job.documents) :]
                if not job.done.done():
                    job.done.set_result(own)

    def _next_batch(self) -> list[_PendingRequest]:
        """Take jobs off the queue, in order, up to the budget; those given up are left out."""
        batch: list[_PendingRequest] = []
        left = self._limits.batch
        while self._queue and (not batch or self._queue[0].wordpieces <= left):
            job = self._queue.popleft()
            if not job.done.done():
                batch.append(job)
                left -= job.wordpieces
        return batch
