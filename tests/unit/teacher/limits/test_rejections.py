"""Decisions about rejections that affect one request or every request."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from vermeil.teacher.limits.rejections import Rejections


def run(scenario: Coroutine[Any, Any, Any]) -> Any:
    """Run a scenario; fail instead of waiting for ever."""
    return asyncio.run(asyncio.wait_for(scenario, 20))


async def never() -> bool:
    return False


async def before() -> bool:
    await asyncio.sleep(0)
    return True


def test_a_rejection_without_any_answer_affects_all() -> None:
    async def scenario() -> bool:
        rejections = Rejections(1, never)
        await rejections.admit()
        rejections.end(answered=False)
        return await rejections.affects_all()

    assert run(scenario())


@pytest.mark.parametrize("answered", [True, False])
def test_requests_in_flight_decide_and_no_other_is_sent_meanwhile(answered: bool) -> None:
    async def scenario() -> list[bool]:
        rejections = Rejections(1, never)
        await rejections.admit()
        await rejections.admit()
        rejections.end(answered=False)
        decision = asyncio.create_task(rejections.affects_all())
        await asyncio.sleep(0)
        waiting = asyncio.create_task(rejections.admit())
        for _ in range(5):
            await asyncio.sleep(0)
        assert not decision.done()
        assert not waiting.done()
        rejections.end(answered=answered)
        affects_all = await decision
        await waiting
        return [affects_all]

    assert run(scenario()) == [not answered]


def test_an_answer_before_this_run_counts_for_every_rejection() -> None:
    async def scenario() -> list[bool]:
        rejections = Rejections(1, before)
        return list(await asyncio.gather(*(rejections.affects_all() for _ in range(5))))

    assert run(scenario()) == [False] * 5


@pytest.mark.parametrize(("documents_per_request", "limit"), [(1, 20), (5, 20), (25, 50)])
def test_many_rejections_in_a_row_affect_all(documents_per_request: int, limit: int) -> None:
    async def scenario() -> list[bool]:
        rejections = Rejections(documents_per_request, never)
        rejections.record_answer()
        first = [await rejections.affects_all() for _ in range(limit - 1)]
        rejections.record_answer()
        return [*first, *[await rejections.affects_all() for _ in range(limit)]]

    assert run(scenario()) == [False] * (2 * limit - 2) + [True]
