"""Admission of requests until the first usable reply."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from vermeil.teacher.limits.first_failures import FirstFailures, failure_limit


def run(work: Any) -> None:
    asyncio.run(asyncio.wait_for(work, 5))


@pytest.mark.parametrize("workers", [1, 3, 50])
def test_exactly_as_many_requests_as_the_limit_are_admitted_if_all_fail_alike(workers: int) -> None:
    failures, admitted, refused = FirstFailures(7), [], []

    async def worker() -> None:
        while await failures.admit():
            admitted.append(1)
            await asyncio.sleep(0)
            await failures.record("unparsable")
        refused.append(1)

    async def work() -> None:
        await asyncio.gather(*(worker() for _ in range(workers)))

    run(work())
    assert (len(admitted), len(refused)) == (7, workers)


def test_usable_reply_opens_the_way_for_waiting_requests() -> None:
    failures = FirstFailures(2)

    async def work() -> None:
        assert await failures.admit()
        assert await failures.admit()
        waiting = [asyncio.create_task(failures.admit()) for _ in range(10)]
        await asyncio.sleep(0)
        assert not any(task.done() for task in waiting)
        await failures.record(None)
        assert all(await asyncio.gather(*waiting))
        for _ in range(100):
            await failures.record("failed")
        assert await failures.admit()

    run(work())


def test_kinds_are_counted_apart_and_requests_that_were_not_sent_do_not_count() -> None:
    failures = FirstFailures(2)

    async def work() -> None:
        for kind in ("failed", "refused", "over_budget", "over_budget", "over_budget"):
            assert await failures.admit()
            await failures.record(kind)
        assert await failures.admit()
        await failures.record("refused")
        assert not await failures.admit()

    run(work())


def test_requests_of_a_lost_worker_are_withdrawn() -> None:
    failures = FirstFailures(2)

    async def work() -> None:
        assert await failures.admit()
        assert await failures.admit()
        waiting = asyncio.create_task(failures.admit())
        await asyncio.sleep(0)
        failures.withdraw(2)
        assert await waiting

    run(work())


def test_without_a_limit_nothing_waits() -> None:
    failures = FirstFailures(0)

    async def work() -> None:
        for _ in range(1000):
            assert await failures.admit()

    run(work())


@pytest.mark.parametrize(
    ("setting", "shared", "limit"), [(20, 1, 20), (20, 100, 100), (0, 1, 0), (0, 100, 0)]
)
def test_limit_covers_the_documents_of_one_request(setting: int, shared: int, limit: int) -> None:
    assert failure_limit(setting, shared) == limit


def test_a_usable_reply_is_remembered() -> None:
    async def work() -> None:
        failures = FirstFailures(0)
        await failures.record("failed")
        assert not await failures.has_usable()
        await failures.record(None)
        assert await failures.has_usable()

    run(work())
