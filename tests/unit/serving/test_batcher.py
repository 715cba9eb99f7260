"""The batcher alone, with a prediction function that waits for the test."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import pytest

from vermeil.data.document import Document
from vermeil.serving.batcher import Batcher, BusyError
from vermeil.serving.limits import ServiceLimits


@dataclass
class Model:
    """Predicts nothing, and holds its first batch until the test goes on."""

    batches: list[list[str]] = field(default_factory=list)
    go_on: threading.Event = field(default_factory=threading.Event)

    def __call__(self, documents: list[Document]) -> list[Document]:
        self.batches.append([one.text for one in documents])
        assert self.go_on.wait(30)
        return documents


def run(
    model: Model, limits: ServiceLimits, test: Callable[[Batcher], Awaitable[None]]
) -> list[list[str]]:
    """Run a test with a batcher; return the batches that were predicted."""

    async def main() -> None:
        batcher = Batcher(model, limits, lambda *_: None)
        batcher.start()
        try:
            await test(batcher)
        finally:
            model.go_on.set()
            await batcher.stop()

    asyncio.run(main())
    return model.batches


async def started(batcher: Batcher, model: Model, text: str) -> asyncio.Task[list[Document]]:
    """Send a request, and wait until the model predicts it."""
    request = asyncio.ensure_future(batcher.predict([Document("1", text)]))
    while not model.batches:
        await asyncio.sleep(0)
    return request


def test_a_cancelled_request_is_not_predicted() -> None:
    model = Model()

    async def test(batcher: Batcher) -> None:
        first = await started(batcher, model, "first")
        waiting = [
            asyncio.ensure_future(batcher.predict([Document("1", text)]))
            for text in ("cancelled", "kept")
        ]
        await asyncio.sleep(0)
        waiting[0].cancel()
        await asyncio.sleep(0)
        model.go_on.set()
        assert [one.text for one in await waiting[1]] == ["kept"]
        assert [one.text for one in await first] == ["first"]
        assert batcher.waiting == 0

    assert run(model, ServiceLimits(), test) == [["first"], ["kept"]]


def test_a_request_that_timed_out_is_not_predicted() -> None:
    model = Model()

    async def test(batcher: Batcher) -> None:
        first = await started(batcher, model, "first")
        with pytest.raises(TimeoutError):
            await batcher.predict([Document("1", "too late")])
        model.go_on.set()
        with pytest.raises(TimeoutError):
            await first
        assert [one.text for one in await batcher.predict([Document("1", "next")])] == ["next"]

    assert run(model, ServiceLimits(timeout=0.5), test) == [["first"], ["next"]]


@pytest.mark.parametrize("seconds", [1, 4, 25])
def test_the_time_until_a_retry_grows_with_the_work_that_waits(seconds: int) -> None:
    """Until the first batch is done, 1,000 wordpieces per second are assumed."""
    model = Model()
    text = "x" * (4 * (1_000 * seconds - 4))

    async def test(batcher: Batcher) -> None:
        first = await started(batcher, model, text)
        with pytest.raises(BusyError) as busy:
            await batcher.predict([Document("1", "second")])
        assert busy.value.seconds == seconds
        model.go_on.set()
        await first

    run(model, ServiceLimits(max_waiting=100), test)
