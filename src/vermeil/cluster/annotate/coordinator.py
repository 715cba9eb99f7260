"""Coordinator actor: rate limits, spending limit, failures and reply store of a whole cluster."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, assert_never

from vermeil.cluster.annotate import messages
from vermeil.cluster.annotate.messages import Call, Notification
from vermeil.cluster.connection import local_actor_options, require_ray
from vermeil.teacher.config import TeacherConfig
from vermeil.teacher.limits.first_failures import FirstFailures, failure_limit
from vermeil.teacher.limits.rate_limit import RateLimiter
from vermeil.teacher.limits.spending import SpendingLimit
from vermeil.teacher.store.charges import Charge, Reservation
from vermeil.teacher.store.group_commit import GroupCommit
from vermeil.teacher.store.merge import merge_store
from vermeil.teacher.store.store import ReplyStore
from vermeil.teacher.tokens import UsageEstimate

_MAX_CALLS = 100_000
"""Maximum number of concurrent calls. With Ray's default of 1,000, waiting calls could block all
others."""


def start_coordinator(config: TeacherConfig, store: Path) -> Any:
    """Start the actor on this machine, which holds the store, and return its handle."""
    actor = (
        require_ray()
        .remote(Coordinator)
        .options(**local_actor_options(), max_concurrency=_MAX_CALLS)
    )
    return actor.remote(config, store)


class Coordinator:
    """Actor that shares one spending limit and one rate limit, and merges the workers' replies.

    Every chunk has a lease, a name under which its worker calls. When a worker dies, its lease is
    revoked and its requests no longer count as in flight. Its reservations stay, because the
    requests may have been billed.

    Args:
        config: limits on rates and spending.
        store: path of the reply store. Reservations are durable there before a request is sent.
    """

    def __init__(self, config: TeacherConfig, store: Path) -> None:
        self._store, self._model = ReplyStore(store), config.model
        self._group_commit = GroupCommit(self._store)
        self._spending_limit = SpendingLimit(config, self._store, self._group_commit)
        self._rate_limiter = RateLimiter(config)
        self._first_failures = FirstFailures(
            failure_limit(config.stop_after_failures, config.documents_per_request)
        )
        self._reservations: dict[int, tuple[str, Reservation]] = {}
        self._in_flight: dict[str, list[float]] = {}
        self._admitted: Counter[str] = Counter()
        self._revoked: set[str] = set()

    async def usage_estimate(self) -> UsageEstimate:
        """Return the estimate of the token usage of a request."""
        return self._spending_limit.usage_estimate

    async def handle_calls(self, lease: str, calls: Sequence[Call]) -> list[Any]:
        """Run several calls of a worker concurrently; return their results in order."""
        return await asyncio.gather(*(self._handle_call(lease, call) for call in calls))

    async def reserve_amount(
        self, lease: str, key: str, model: str, max_charge: Charge
    ) -> int | None:
        """Reserve an amount as soon as it fits; return its number, or None if it never fits."""
        return self._register(
            lease, await self._spending_limit.reserve_amount(key, model, max_charge)
        )

    async def admit(self, lease: str) -> bool:
        """Wait until a request may be sent; return False if the first requests all failed alike."""
        admitted = await self._first_failures.admit()
        if admitted and lease in self._revoked:
            self._first_failures.withdraw(1)
        elif admitted:
            self._admitted[lease] += 1
        return admitted

    async def acquire(self, lease: str, tokens: float) -> bool:
        """Wait until a request may be sent; return False if the lease was revoked."""
        await self._rate_limiter.acquire(tokens)
        if lease in self._revoked:
            self._rate_limiter.release(tokens, 0)
            return False
        self._in_flight.setdefault(lease, []).append(tokens)
        return True

    async def handle_notifications(self, lease: str, notifications: Sequence[Notification]) -> None:
        """Apply a worker's notifications in order; ignore them if its lease was revoked."""
        if lease not in self._revoked:
            for notification in notifications:
                self._handle_notification(lease, notification)

    async def merge(self, lease: str, shard: bytes) -> None:
        """Merge a worker's replies durably into the store, and revoke its lease."""
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(None, self._merge, shard)
        await self.revoke_lease(lease)

    async def revoke_lease(self, lease: str) -> None:
        """Revoke a worker's lease: end its requests in flight, and abandon its reservations."""
        self._revoked.add(lease)
        self._first_failures.withdraw(self._admitted.pop(lease, 0))
        for tokens in self._in_flight.pop(lease, []):
            self._rate_limiter.release(tokens, tokens)
        for number in [n for n, (owner, _) in self._reservations.items() if owner == lease]:
            self._spending_limit.abandon(self._reservations.pop(number)[1])

    async def close(self) -> None:
        """Write pending records and close the store."""
        self._group_commit.close()
        self._store.close()

    async def _handle_call(self, lease: str, call: Call) -> int | bool | None:
        """Return the result of a call."""
        match call:
            case messages.TryReserveAmount(key, model, max_charge):
                reserve = self._spending_limit.try_reserve_amount
                return self._register(lease, await reserve(key, model, max_charge))
            case messages.TryAcquire(tokens):
                return self._try_acquire(lease, tokens)
            case messages.RecordFailure(failure):
                await self._record(lease, failure)
            case messages.RecordUsable():
                await self._first_failures.record_usable()
            case messages.HasUsable():
                has_usable = await self._first_failures.has_usable()
                return has_usable or self._store.has_reply(self._model)
            case _:
                assert_never(call)
        return None

    def _handle_notification(self, lease: str, notification: Notification) -> None:
        match notification:
            case messages.ReleaseReservation(number):
                self._spending_limit.release(self._reservations.pop(number)[1])
            case messages.RecordCharge(number, charge):
                self._spending_limit.record_charge(self._reservations.pop(number)[1], charge)
            case messages.ReleaseRequest(expected, used):
                self._in_flight[lease].remove(expected)
                self._rate_limiter.release(expected, used)
            case messages.ServerAnswered():
                self._rate_limiter.on_success()
            case messages.ServerThrottled():
                self._rate_limiter.on_throttled()
            case messages.PauseSending(seconds):
                self._rate_limiter.pause(seconds)
            case messages.UpdateLimits(limits, tokens):
                self._rate_limiter.update_limits(limits, tokens)
            case _:
                assert_never(notification)

    def _register(self, lease: str, reservation: Reservation | None) -> int | None:
        if reservation is None or reservation.number is None:
            return None
        if lease in self._revoked:
            self._spending_limit.release(reservation)
            return None
        self._reservations[reservation.number] = (lease, reservation)
        return reservation.number

    async def _record(self, lease: str, failure: str | None) -> None:
        """Record the result of an admitted request."""
        if lease not in self._revoked:
            self._admitted[lease] -= 1
            await self._first_failures.record(failure)

    def _try_acquire(self, lease: str, tokens: float) -> bool:
        """Return whether a request may be sent now; if not, `acquire` waits for it."""
        if lease in self._revoked or not self._rate_limiter.try_acquire(tokens):
            return False
        self._in_flight.setdefault(lease, []).append(tokens)
        return True

    def _merge(self, shard: bytes) -> None:
        with NamedTemporaryFile(prefix="vermeil-", suffix=".sqlite") as file:
            file.write(shard)
            file.flush()
            merge_store(Path(file.name), self._store)
