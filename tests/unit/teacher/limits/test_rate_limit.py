"""Rate limiter."""

from __future__ import annotations

import asyncio

import pytest

from vermeil.teacher.backends.base import RateQuota, ServerRateLimits
from vermeil.teacher.config import TeacherConfig
from vermeil.teacher.limits.rate_limit import RateLimiter


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def pace_of(clock: Clock, **settings: object) -> RateLimiter:
    return RateLimiter(TeacherConfig.model_validate({"concurrency": 8, **settings}), clock)


def send(pace: RateLimiter, number: int, tokens: float = 0) -> None:
    async def enter() -> None:
        for _ in range(number):
            await asyncio.wait_for(pace.acquire(tokens), 5)

    asyncio.run(enter())


def test_requests_per_minute_are_never_exceeded_in_any_minute(clock: Clock) -> None:
    pace = pace_of(clock, requests_per_minute=60, concurrency=1000)
    sent = []
    while clock.now < 400:
        if pace.delay(0) == 0:
            send(pace, 1)
            sent.append(clock.now)
        clock.now += 0.25
    for begin in sent:
        # One more may go at the very beginning.
        assert sum(begin <= moment < begin + 60 for moment in sent) <= 61
    assert len(sent) >= 299


def test_tokens_per_minute_count_what_was_used(clock: Clock) -> None:
    pace = pace_of(clock, tokens_per_minute=600)
    send(pace, 1, 10)
    assert pace.delay(10) == pytest.approx(1.0)
    pace.release(10, 30)
    assert pace.delay(10) == pytest.approx(3.0)
    clock.now += 3.0
    assert pace.delay(10) == pytest.approx(0.0)


def test_a_request_larger_than_a_minute_s_burst_still_goes(clock: Clock) -> None:
    pace = pace_of(clock, tokens_per_minute=600)
    assert pace.delay(5000) == 0
    send(pace, 1, 5000)
    assert pace.delay(1) > 400


def test_complaints_halve_what_is_in_flight_once_a_second_and_answers_win_it_back(
    clock: Clock,
) -> None:
    pace = pace_of(clock)
    for _ in range(5):
        pace.on_throttled()
    assert pace.window == 4
    for _ in range(4):
        clock.now += 1
        pace.on_throttled()
    assert pace.window == 1
    for _ in range(100):
        pace.on_success()
    assert pace.window == 8


def test_no_more_than_the_width_are_in_flight(clock: Clock) -> None:
    pace = pace_of(clock, concurrency=2)

    async def three() -> bool:
        await pace.acquire(0)
        await pace.acquire(0)
        third = asyncio.create_task(pace.acquire(0))
        await asyncio.sleep(0)
        held = not third.done()
        pace.release(0, 0)
        await asyncio.wait_for(third, 5)
        return held

    assert asyncio.run(three())
    assert pace.in_flight == 2


def test_a_pause_holds_for_everybody_and_the_longest_counts(clock: Clock) -> None:
    pace = pace_of(clock)
    pace.pause(5)
    pace.pause(2)
    assert pace.delay(0) == pytest.approx(5)
    clock.now += 5
    assert pace.delay(0) == 0


def test_server_that_has_nothing_left_is_given_time_to_refill(clock: Clock) -> None:
    pace = pace_of(clock)
    pace.update_limits(ServerRateLimits(requests=RateQuota(remaining=0, reset=6, limit=60)), 100)
    # 60 in 6 s: one in a tenth of a second.
    assert pace.delay(0) == pytest.approx(0.1)
    pace.update_limits(ServerRateLimits(requests=RateQuota(remaining=0, reset=6)), 100)
    assert pace.delay(0) == pytest.approx(6)
    clock.now += 6
    assert pace.delay(0) == 0


def test_requests_that_the_server_has_left_are_not_delayed(clock: Clock) -> None:
    pace = pace_of(clock)
    pace.update_limits(ServerRateLimits(requests=RateQuota(remaining=5, reset=30)), 100)
    assert pace.delay(0) == 0
    pace.update_limits(ServerRateLimits(requests=RateQuota(remaining=5, reset=30, limit=5)), 100)
    assert pace.delay(0) == 0


def test_what_is_in_flight_counts_against_what_the_server_has_left(clock: Clock) -> None:
    pace = pace_of(clock)
    send(pace, 3)
    pace.update_limits(ServerRateLimits(requests=RateQuota(remaining=3, reset=9)), 100)
    assert pace.delay(0) == pytest.approx(9)
    pace.update_limits(ServerRateLimits(tokens=RateQuota(remaining=1000, reset=2, limit=1000)), 100)
    clock.now += 9
    assert pace.delay(600) == 0


def test_try_acquire_does_not_overtake_waiting_requests(clock: Clock) -> None:
    pace = pace_of(clock, concurrency=2)
    assert pace.try_acquire(0)
    assert pace.try_acquire(0)
    assert not pace.try_acquire(0)
    assert pace.in_flight == 2

    async def wait_and_pass() -> None:
        first = asyncio.create_task(pace.acquire(0))
        await asyncio.sleep(0)  # it waits at the door
        pace.release(0, 0)
        assert not pace.try_acquire(0)
        await asyncio.wait_for(first, 5)

    asyncio.run(wait_and_pass())
    assert pace.in_flight == 2
    pace.release(0, 0)
    pace.pause(3)
    assert not pace.try_acquire(0)
    clock.now += 3
    assert pace.try_acquire(0)
