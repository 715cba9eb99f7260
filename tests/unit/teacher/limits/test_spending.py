"""Spending limit of one run, with a real store."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from vermeil.data.reply import Reply, Request, Usage
from vermeil.teacher.backends.base import AttemptError, ErrorScope
from vermeil.teacher.config import TeacherConfig
from vermeil.teacher.limits.prices import Price
from vermeil.teacher.limits.spending import SpendingLimit, failure_charge, spending_cap
from vermeil.teacher.store.charges import Charge, Reservation, SpendingCap
from vermeil.teacher.store.group_commit import GroupCommit
from vermeil.teacher.store.store import ReplyStore

SCOPE = ErrorScope.ATTEMPT
UNBILLED = AttemptError("refused", SCOPE, unbilled=True)
PRICES = {"m": {"input": 1.0, "output": 2.0}}
REQUEST = Request("d", "text", "standard", ({"role": "user", "content": "text"},), "m", {})


class Commit(GroupCommit):
    """A group commit that calls a function after each of its waits."""

    after: Callable[[], None] = staticmethod(lambda: None)

    async def wait_until_durable(self) -> None:
        await super().wait_until_durable()
        self.after()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ReplyStore]:
    with ReplyStore(tmp_path / "r.sqlite") as opened:
        yield opened


@pytest.fixture
def commit(store: ReplyStore) -> Iterator[Commit]:
    made = Commit(store)
    yield made
    made.close()


def limit_of(store: ReplyStore, commit: GroupCommit, **settings: Any) -> SpendingLimit:
    return SpendingLimit(TeacherConfig.model_validate({"model": "m", **settings}), store, commit)


def total(store: ReplyStore) -> int:
    store.flush()
    return store.spent().total.tokens


def test_a_released_reservation_can_be_reserved_again(store: ReplyStore, commit: Commit) -> None:
    limit = limit_of(store, commit, max_tokens_total=100)

    async def run() -> Reservation | None:
        for _ in range(3):
            made = await limit.reserve_amount("a", "m", Charge(80))
            assert made is not None
            limit.release(made)
        return await limit.reserve_amount("a", "m", Charge(101))

    assert asyncio.run(asyncio.wait_for(run(), 20)) is None
    assert total(store) == 0


ENDS: dict[str, tuple[Callable[[SpendingLimit, Reservation], object], bool]] = {
    "reply": (lambda m, r: m.record_reply(REQUEST, Reply("x", usage=Usage(30, 10)), r), True),
    "failure": (lambda m, r: m.record_failure(REQUEST, UNBILLED, r), True),
    "charge": (lambda m, r: m.record_charge(r, Charge(40)), True),
    "release": (lambda m, r: m.release(r), True),
    "lost result": (lambda m, r: m.abandon(r), False),
}
"""Ends of an attempt, and whether a reservation of 60 of 100 then fits."""


@pytest.mark.parametrize("end", ENDS)
def test_a_reservation_that_does_not_fit_yet_waits_for_attempts_in_flight(
    store: ReplyStore, commit: Commit, end: str
) -> None:
    limit = limit_of(store, commit, max_tokens_total=100)
    close, fits = ENDS[end]

    async def run() -> None:
        first = await limit.reserve_amount("a", "m", Charge(80))
        assert first is not None
        second = asyncio.create_task(limit.reserve_amount("b", "m", Charge(60)))
        await asyncio.sleep(0.1)
        assert not second.done()
        close(limit, first)
        assert (await asyncio.wait_for(second, 10) is not None) == fits

    asyncio.run(asyncio.wait_for(run(), 20))


def test_an_attempt_that_ends_while_a_reservation_is_refused_makes_room_for_it(
    store: ReplyStore, commit: Commit
) -> None:
    limit = limit_of(store, commit, max_tokens_total=100)

    async def run() -> Reservation | None:
        first = await limit.reserve_amount("a", "m", Charge(80))
        assert first is not None

        def end_first() -> None:
            commit.after = lambda: None
            limit.release(first)

        commit.after = end_first
        return await asyncio.wait_for(limit.reserve_amount("b", "m", Charge(60)), 10)

    assert asyncio.run(asyncio.wait_for(run(), 20)) is not None
    assert total(store) == 60


def test_a_refused_amount_refuses_larger_ones_at_once_but_not_smaller_ones(
    store: ReplyStore, commit: Commit
) -> None:
    limit = limit_of(store, commit, prices=PRICES, max_tokens_total=100, max_cost_usd=1.0)

    async def run() -> list[bool]:
        amounts = [Charge(101, 5), Charge(101, 5), Charge(102, 4), Charge(99, 6), Charge(1, 0)]
        found = [await limit.reserve_amount("a", "m", amount) for amount in amounts]
        return [one is not None for one in found]

    assert asyncio.run(asyncio.wait_for(run(), 20)) == [False, False, False, True, True]
    assert total(store) == 100


def test_replies_and_failures_replace_their_reservations(store: ReplyStore, commit: Commit) -> None:
    limit = limit_of(store, commit, prices=PRICES, max_tokens_total=1000)

    async def reserve() -> Reservation:
        made = await limit.reserve_amount(REQUEST.key, "m", Charge(200, 7))
        assert made is not None
        return made

    async def run() -> None:
        replied = limit.record_reply(REQUEST, Reply("x", usage=Usage(3, 4)), await reserve())
        assert replied == Charge(7, (3 * 1 + 4 * 2) * 10**6)
        failed = limit.record_failure(REQUEST, AttemptError("cut", SCOPE), await reserve())
        assert failed == Charge(200, 7)
        limit.record_charge(await reserve(), Charge(5, 1))

    asyncio.run(asyncio.wait_for(run(), 20))
    assert total(store) == 7 + 200 + 5


@pytest.mark.parametrize(
    ("fault", "charge"),
    [
        (AttemptError("cut", SCOPE), Charge(200, 7)),
        (UNBILLED, Charge(0, 0)),
        (AttemptError("bad", SCOPE, usage=Usage(3, 4)), Charge(7, 11)),
        (AttemptError("bad", SCOPE, usage=Usage(3, 4), unbilled=True), Charge(7, 11)),
    ],
)
def test_a_failed_attempt_is_charged_in_full_unless_its_usage_is_known(
    fault: AttemptError, charge: Charge
) -> None:
    reservation = Reservation("k", "m", Charge(200, 7), SpendingCap())
    assert failure_charge(fault, reservation, Price(1, 1, 2)) == charge


def test_the_cap_on_cost_is_in_whole_units_and_never_above_the_limit() -> None:
    config = TeacherConfig.model_validate({"model": "m", "max_cost_usd": 0.1, "prices": PRICES})
    assert spending_cap(config) == SpendingCap(None, 10**11)
    assert spending_cap(TeacherConfig.model_validate({"model": "m"})) == SpendingCap()
