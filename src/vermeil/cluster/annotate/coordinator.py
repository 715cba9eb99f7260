"""Rate limits, budget and the reply store of a whole cluster, in one actor."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from vermeil.cluster.connection import here, require_ray
from vermeil.teacher.config import TeacherConfig
from vermeil.teacher.limits.budget import Purse
from vermeil.teacher.limits.rate_limit import Pace
from vermeil.teacher.store.charges import Charge, Reservation
from vermeil.teacher.store.group_commit import Commits
from vermeil.teacher.store.merge import merge_store
from vermeil.teacher.store.store import ReplyStore
from vermeil.teacher.tokens import Expectation

_CALLS = 100_000
"""Calls that may wait at once; Ray's default of 1,000 would let waiting ones keep out others."""

Words = tuple[str, tuple[Any, ...]]
"""Name and arguments of something that a worker tells or asks."""


def open_treasury(config: TeacherConfig, store: Path) -> Any:
    """Start the actor on this machine, where the store is, and return its handle."""
    actor = require_ray().remote(Treasury).options(**here(), max_concurrency=_CALLS)
    return actor.remote(config, store)


class Treasury:
    """Lets all workers spend from one purse and send at one pace, and merges what they bring.

    Every piece of work has a lease: a name under which its worker comes. When the worker dies, the
    lease ends, and its places in flight are free again; what it had put aside stays so, since
    nobody knows what became of it.

    Args:
        config: limits on rates and spending.
        store: where replies go; what is put aside is durable there before anything is sent.
    """

    def __init__(self, config: TeacherConfig, store: Path) -> None:
        self._store = ReplyStore(store)
        self._commits = Commits(self._store)
        self._purse = Purse(config, self._store, self._commits)
        self._pace = Pace(config)
        self._aside: dict[int, tuple[str, Reservation]] = {}
        self._sending: dict[str, list[float]] = {}
        self._ended: set[str] = set()

    async def expectation(self) -> Expectation:
        """Return what a request will probably need."""
        return self._purse.expectation

    async def answer(self, lease: str, asked: Sequence[Words]) -> list[Any]:
        """Answer several questions of a worker, in order; none of them has to wait for another."""
        answers = (getattr(self, f"_{name}")(lease, *arguments) for name, arguments in asked)
        return await asyncio.gather(*answers)

    async def reserve(self, lease: str, key: str, model: str, most: Charge) -> int | None:
        """Put an amount aside, once it fits; return its number, None where it never will."""
        return self._granted(lease, await self._purse.reserve(key, model, most))

    async def enter(self, lease: str, tokens: float) -> bool:
        """Return when a request may be sent; False: the lease has ended, nothing is to be sent."""
        await self._pace.enter(tokens)
        if lease in self._ended:
            self._pace.leave(tokens, 0)
            return False
        self._sending.setdefault(lease, []).append(tokens)
        return True

    async def tell(self, lease: str, told: Sequence[Words]) -> None:
        """Take note of what became of a worker's requests, in order."""
        if lease not in self._ended:
            for name, arguments in told:
                getattr(self, f"_{name}")(lease, *arguments)

    async def merge(self, lease: str, shard: bytes) -> None:
        """Take over a worker's replies, durably, and end its lease."""
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(None, self._merge, shard)
        await self.end(lease)

    async def end(self, lease: str) -> None:
        """Let nobody come under a lease any more, and wait for nothing of it."""
        self._ended.add(lease)
        for tokens in self._sending.pop(lease, []):
            self._pace.leave(tokens, tokens)
        for number in [n for n, (owner, _) in self._aside.items() if owner == lease]:
            self._purse.forget(self._aside.pop(number)[1])

    async def close(self) -> None:
        """Write what is pending and close the store."""
        self._commits.close()
        self._store.close()

    async def _reserve_now(self, lease: str, key: str, model: str, most: Charge) -> int | None:
        """Put an amount aside if it fits as things are; None: ask `reserve`."""
        return self._granted(lease, await self._purse.reserve_now(key, model, most))

    def _granted(self, lease: str, reservation: Reservation | None) -> int | None:
        if reservation is None or reservation.number is None:
            return None
        if lease in self._ended:
            self._purse.give_back(reservation)
            return None
        self._aside[reservation.number] = (lease, reservation)
        return reservation.number

    async def _enter_now(self, lease: str, tokens: float) -> bool:
        """Let a request be sent that need not wait; False: ask `enter`."""
        if lease in self._ended or not self._pace.enter_now(tokens):
            return False
        self._sending.setdefault(lease, []).append(tokens)
        return True

    def _merge(self, shard: bytes) -> None:
        with NamedTemporaryFile(prefix="vermeil-", suffix=".sqlite") as file:
            file.write(shard)
            file.flush()
            merge_store(Path(file.name), self._store)

    def _give_back(self, _lease: str, number: int) -> None:
        self._purse.give_back(self._aside.pop(number)[1])

    def _spend(self, _lease: str, number: int, charge: Charge) -> None:
        self._purse.spend(self._aside.pop(number)[1], charge)

    def _leave(self, lease: str, expected: float, used: float) -> None:
        self._sending[lease].remove(expected)
        self._pace.leave(expected, used)

    def _answered(self, _lease: str) -> None:
        self._pace.answered()

    def _complained(self, _lease: str) -> None:
        self._pace.complained()

    def _pause(self, _lease: str, seconds: float) -> None:
        self._pace.pause(seconds)

    def _heed(self, _lease: str, limits: Any, tokens: float) -> None:
        self._pace.heed(limits, tokens)
