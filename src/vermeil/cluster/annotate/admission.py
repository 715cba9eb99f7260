"""A worker's client of the coordinator: spending limit and rate limit shared by all workers."""

from __future__ import annotations

import asyncio
from typing import Any

from vermeil.cluster.annotate import messages
from vermeil.cluster.annotate.messages import Call, Notification
from vermeil.data.reply import Reply, Request
from vermeil.errors import TeacherError
from vermeil.teacher.backends.base import AttemptError, ServerRateLimits
from vermeil.teacher.config import TeacherConfig
from vermeil.teacher.limits.admission import Admission, AdmissionFactory
from vermeil.teacher.limits.prices import price_of
from vermeil.teacher.limits.spending import charge_of, failure_charge, spending_cap
from vermeil.teacher.store.charges import Charge, Reservation
from vermeil.teacher.store.group_commit import GroupCommit
from vermeil.teacher.store.store import ReplyStore
from vermeil.teacher.tokens import UsageEstimate, actual_usage, max_usage

_COLLECT_SECONDS = 0.005
"""Seconds during which calls and notifications are gathered into one remote call."""


def remote_admission(
    coordinator: Any, lease: str, usage_estimate: UsageEstimate
) -> AdmissionFactory:
    """Return a factory of admissions that use the coordinator's limits.

    Args:
        coordinator: handle of the actor.
        lease: lease of this worker.
        usage_estimate: estimate of the token usage of a request.
    """

    def make(config: TeacherConfig, store: ReplyStore, _group_commit: GroupCommit) -> Admission:
        client = CoordinatorClient(coordinator, lease)
        return Admission(
            RemoteSpendingLimit(config, store, client, usage_estimate),
            RemoteRateLimiter(client),
            RemoteFirstFailures(client, config.stop_after_failures > 0),
        )

    return make


class CoordinatorClient:
    """Client of the coordinator for all requests of a worker; gathers calls into remote calls."""

    def __init__(self, coordinator: Any, lease: str) -> None:
        self._coordinator, self._lease = coordinator, lease
        self._notifications: list[Notification] = []
        self._calls: list[tuple[Call, asyncio.Future[Any]]] = []
        self._tasks: set[asyncio.Task[None]] = set()

    async def call(self, call: Call) -> Any:
        """Return the result of a call, which does not wait; gathered with other calls."""
        loop = asyncio.get_running_loop()
        if not self._calls:
            loop.call_later(_COLLECT_SECONDS, self._send_calls)
        result: asyncio.Future[Any] = loop.create_future()
        self._calls.append((call, result))
        return await result

    async def reserve_amount(self, key: str, model: str, max_charge: Charge) -> int | None:
        """Return the number of a reservation as soon as it fits; None: it never fits."""
        remote = self._coordinator.reserve_amount.remote
        number: int | None = await remote(self._lease, key, model, max_charge)
        return number

    async def acquire(self, tokens: float) -> bool:
        """Wait until a request may be sent; return False if the lease was revoked."""
        return bool(await self._coordinator.acquire.remote(self._lease, tokens))

    async def admit(self) -> bool:
        """Wait until a request may be sent; return False if the first requests all failed alike."""
        return bool(await self._coordinator.admit.remote(self._lease))

    def notify(self, notification: Notification) -> None:
        """Send a notification within a few milliseconds; it has no result."""
        if not self._notifications:
            asyncio.get_running_loop().call_later(_COLLECT_SECONDS, self._send_notifications)
        self._notifications.append(notification)

    def _send_notifications(self) -> None:
        notifications, self._notifications = self._notifications, []
        self._coordinator.handle_notifications.remote(self._lease, notifications)

    def _send_calls(self) -> None:
        calls, self._calls = self._calls, []
        task = asyncio.get_running_loop().create_task(self._resolve_calls(calls))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _resolve_calls(self, calls: list[tuple[Call, asyncio.Future[Any]]]) -> None:
        results = [result for _, result in calls]
        try:
            values = await self._coordinator.handle_calls.remote(
                self._lease, [call for call, _ in calls]
            )
        except Exception as error:
            for result in results:
                if not result.done():
                    result.set_exception(error)
        else:
            for result, value in zip(results, values, strict=True):
                if not result.done():
                    result.set_result(value)


class RemoteSpendingLimit:
    """Spending limit of all workers: charges at the coordinator, replies in the worker's store.

    Args:
        config: prices and limits.
        store: the worker's reply store.
        client: client of the coordinator.
        usage_estimate: estimate of the token usage of a request.
    """

    def __init__(
        self,
        config: TeacherConfig,
        store: ReplyStore,
        client: CoordinatorClient,
        usage_estimate: UsageEstimate,
    ) -> None:
        self.price = price_of(config)
        self.usage_estimate = usage_estimate
        self._store, self._client, self._cap = store, client, spending_cap(config)
        self._reservation_numbers: dict[int, int] = {}

    async def reserve(self, key: str, request: Request) -> Reservation | None:
        """Reserve the maximum charge of an attempt durably at the coordinator."""
        max_charge = charge_of(max_usage(request), self.price)
        model = request.model
        number = await self._client.call(messages.TryReserveAmount(key, model, max_charge))
        if number is None:
            number = await self._client.reserve_amount(key, model, max_charge)
        if number is None:
            return None
        # It has no number in the worker's store, which holds no reservations.
        reservation = Reservation(key, request.model, max_charge, self._cap)
        self._reservation_numbers[id(reservation)] = number
        return reservation

    def release(self, reservation: Reservation) -> None:
        """Release the reservation of an attempt that was not sent."""
        number = self._reservation_numbers.pop(id(reservation))
        self._client.notify(messages.ReleaseReservation(number))

    def record_reply(self, request: Request, reply: Reply, reservation: Reservation) -> Charge:
        """Add a reply to the store; return its charge."""
        charge = charge_of(actual_usage(request, reply), self.price)
        self._store.add(request, reply, charge=charge, reserved=reservation)
        self._record_charge(reservation, charge)
        return charge

    def record_failure(
        self, request: Request, fault: AttemptError, reservation: Reservation
    ) -> Charge:
        """Add a failed attempt; return its charge."""
        charge = failure_charge(fault, reservation, self.price)
        self._store.add(request, error=str(fault), charge=charge, reserved=reservation)
        self._record_charge(reservation, charge)
        return charge

    def _record_charge(self, reservation: Reservation, charge: Charge) -> None:
        number = self._reservation_numbers.pop(id(reservation))
        self._client.notify(messages.RecordCharge(number, charge))


class RemoteRateLimiter:
    """Rate limiter shared by all workers.

    Args:
        client: client of the coordinator.
    """

    def __init__(self, client: CoordinatorClient) -> None:
        self._client = client

    async def acquire(self, tokens: float) -> None:
        """Wait until a request of about ``tokens`` tokens may be sent."""
        if await self._client.call(messages.TryAcquire(tokens)):
            return
        if not await self._client.acquire(tokens):
            raise TeacherError("this worker's lease was revoked; another worker repeats its work")

    def release(self, expected: float, used: float) -> None:
        """Count a request as no longer in flight."""
        self._client.notify(messages.ReleaseRequest(expected, used))

    def on_success(self) -> None:
        """Record that the server answered, so that concurrency may rise."""
        self._client.notify(messages.ServerAnswered())

    def on_throttled(self) -> None:
        """Record that the server was overloaded, so that concurrency falls."""
        self._client.notify(messages.ServerThrottled())

    def pause(self, seconds: float) -> None:
        """Stop sending for some seconds."""
        self._client.notify(messages.PauseSending(seconds))

    def update_limits(self, limits: ServerRateLimits, tokens: float) -> None:
        """Apply the remaining quota that the server reported."""
        self._client.notify(messages.UpdateLimits(limits, tokens))


class RemoteFirstFailures:
    """Counts of the first failures of all workers.

    Args:
        client: client of the coordinator.
        is_needed: whether failures can stop the run; becomes False with the first usable reply.
    """

    def __init__(self, client: CoordinatorClient, is_needed: bool) -> None:
        self._client, self._is_needed = client, is_needed

    async def admit(self) -> bool:
        """Wait until a request may be sent; return False if the first requests all failed alike."""
        return not self._is_needed or await self._client.admit()

    async def record(self, failure: str | None) -> None:
        """Record the result of an admitted request; None: its reply is usable."""
        if self._is_needed:
            self._is_needed = failure is not None
            # Not a notification: the last ones of a chunk would be lost.
            await self._client.call(messages.RecordFailure(failure))

    async def record_usable(self) -> None:
        """Record a usable reply; the run then never stops."""
        if self._is_needed:
            self._is_needed = False
            await self._client.call(messages.RecordUsable())

    async def has_usable(self) -> bool:
        """Return whether any worker recorded a usable reply."""
        return bool(await self._client.call(messages.HasUsable()))
