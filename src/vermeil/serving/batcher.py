"""Dynamic batching: requests that arrive while the model computes form the next batch."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from time import perf_counter

from vermeil.data.document import Document
from vermeil.serving.limits import ServiceLimits, estimate_wordpieces

Predict = Callable[[list[Document]], list[Document]]


class BusyError(Exception):
    """The queue of waiting requests is full.

    Args:
        seconds: estimated seconds until a retry can succeed.
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
        object.__setattr__(self, "wordpieces", estimate_wordpieces(self.documents))


class Batcher:
    """Gathers requests into batches and predicts them in one thread.

    A request that arrives while the model is idle is predicted at once. Requests that arrive during
    a prediction form the next batch, up to a number of wordpieces.

    Args:
        predict: annotates documents, in order.
        limits: maximum wordpieces of a batch and of the queue.
        observe: called after every batch with its number of documents and its seconds.
    """

    def __init__(
        self, predict: Predict, limits: ServiceLimits, observe: Callable[[int, float], None]
    ) -> None:
        self._predict, self._limits, self._observe = predict, limits, observe
        self._queue: deque[_PendingRequest] = deque()
        self._arrived = asyncio.Event()
        self._thread = ThreadPoolExecutor(1, "predict")
        self._task: asyncio.Task[None] | None = None
        self._wordpieces_per_second = 1_000.0  # initial estimate, until the first batch
        self.waiting = 0
        """Estimated wordpieces that wait or are being predicted."""

    def start(self) -> None:
        """Start predicting; call it inside the event loop of the requests."""
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def stop(self) -> None:
        """Stop after the current batch, and cancel all waiting requests."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        for request in self._queue:
            request.done.cancel()
        await asyncio.to_thread(self._thread.shutdown)

    async def predict(self, documents: list[Document]) -> list[Document]:
        """Return the documents annotated.

        Raises:
            BusyError: the queue is full.
            TimeoutError: the request exceeded the time limit. It is not predicted later.
        """
        request = _PendingRequest(documents, asyncio.get_running_loop().create_future())
        if self.waiting and self.waiting + request.wordpieces > self._limits.max_waiting:
            raise BusyError(max(1, round(self.waiting / self._wordpieces_per_second)))
        self.waiting += request.wordpieces
        self._queue.append(request)
        self._arrived.set()
        try:
            async with asyncio.timeout(self._limits.timeout):
                return await request.done
        finally:
            self.waiting -= request.wordpieces

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await self._arrived.wait()
            batch = self._next_batch()
            if not batch:
                self._arrived.clear()
                continue
            documents = [document for request in batch for document in request.documents]
            started = perf_counter()
            try:
                results = await loop.run_in_executor(self._thread, self._predict, documents)
            except Exception as error:
                for request in batch:
                    if not request.done.done():
                        request.done.set_exception(error)
                continue
            seconds = perf_counter() - started
            wordpieces = sum(request.wordpieces for request in batch)
            self._wordpieces_per_second = wordpieces / max(seconds, 1e-6)
            self._observe(len(documents), seconds)
            for request in batch:
                number = len(request.documents)
                own, results = results[:number], results[number:]
                if not request.done.done():
                    request.done.set_result(own)

    def _next_batch(self) -> list[_PendingRequest]:
        """Remove requests from the queue, in order, up to the limit; skip cancelled ones."""
        batch: list[_PendingRequest] = []
        remaining = self._limits.max_batch
        while self._queue and (not batch or self._queue[0].wordpieces <= remaining):
            request = self._queue.popleft()
            if not request.done.done():
                batch.append(request)
                remaining -= request.wordpieces
        return batch
