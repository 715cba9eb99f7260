"""A worker's side of the treasury: gates that all workers share."""

from __future__ import annotations

import asyncio
from typing import Any

from vermeil.cluster.annotate.coordinator import Call
from vermeil.data.reply import Reply, Request
from vermeil.errors import TeacherError
from vermeil.teacher.backends.base import AttemptError, ServerRateLimits
from vermeil.teacher.config import TeacherConfig
from vermeil.teacher.limits.admission import Admission, AdmissionFactory
from vermeil.teacher.limits.prices import price_of
from vermeil.teacher.limits.spending import charge_of, spending_cap
from vermeil.teacher.store.charges import Charge, Reservation
from vermeil.teacher.store.group_commit import GroupCommit
from vermeil.teacher.store.store import ReplyStore
from vermeil.teacher.tokens import UsageEstimate, actual_usage, max_usage

_COLLECT_SECONDS = 0.005
"""Seconds over which what there is to tell is gathered into one call."""


def remote_admission(
    coordinator: Any, lease: str, usage_estimate: UsageEstimate
) -> AdmissionFactory:
    """Return what makes gates at which a run asks the treasury.

    Args:
        coordinator: handle of the actor.
        lease: the name under which this worker comes.
        usage_estimate: what a request will probably need.
    """

    def make(config: TeacherConfig, store: ReplyStore, _commits: GroupCommit) -> Admission:
        teller = CoordinatorClient(coordinator, lease)
        return Admission(
            RemoteSpendingLimit(config, store, teller, usage_estimate), RemoteRateLimiter(teller)
        )

    return make


class CoordinatorClient:
    """Speaks to the treasury for all requests of a worker: what comes together goes in one call."""

    def __init__(self, coordinator: Any, lease: str) -> None:
        self._coordinator, self._lease = coordinator, lease
        self._notifications: list[Call] = []
        self._calls: list[tuple[Call, asyncio.Future[Any]]] = []
        self._tasks: set[asyncio.Task[None]] = set()

    async def call(self, method: str, *arguments: Any) -> Any:
        """Return what the treasury says, which it does at once."""
        loop = asyncio.get_running_loop()
        if not self._calls:
            loop.call_later(_COLLECT_SECONDS, self._send_calls)
        answer: asyncio.Future[Any] = loop.create_future()
        self._calls.append(((method, arguments), answer))
        return await answer

    async def call_and_wait(self, method: str, *arguments: Any) -> Any:
        """Return what the treasury says when it is time."""
        return await getattr(self._coordinator, method).remote(self._lease, *arguments)

    def notify(self, method: str, *arguments: Any) -> None:
        """Let the treasury know, soon."""
        if not self._notifications:
            asyncio.get_running_loop().call_later(_COLLECT_SECONDS, self._send_notifications)
        self._notifications.append((method, arguments))

    def _send_notifications(self) -> None:
        told, self._notifications = self._notifications, []
        self._coordinator.tell.remote(self._lease, told)

    def _send_calls(self) -> None:
        asked, self._calls = self._calls, []
        task = asyncio.get_running_loop().create_task(self._resolve_calls(asked))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _resolve_calls(self, calls: list[tuple[Call, asyncio.Future[Any]]]) -> None:
        waiting = [answer for _, answer in calls]
        try:
            answers = await self._coordinator.answer.remote(
                self._lease, [words for words, _ in calls]
            )
        except Exception as error:
            for answer in waiting:
                if not answer.done():
                    answer.set_exception(error)
        else:
            for answer, value in zip(waiting, answers, strict=True):
                if not answer.done():
                    answer.set_result(value)


class RemoteSpendingLimit:
    """The purse of all workers: money is with the treasury, replies are in a store of one's own.

    Args:
        config: prices and limits.
        store: where replies go.
        teller: speaks to the treasury.
        expectation: what a request will probably need.
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
        """Reserve durably, at the treasury, the most that an attempt can cost."""
        most = charge_of(max_usage(request), self.price)
        question = (key, request.model, most)
        number = await self._client.call("reserve_now", *question)
        if number is None:
            number = await self._client.call_and_wait("reserve", *question)
        if number is None:
            return None
        # It has no number here: this store holds no money.
        reservation = Reservation(key, request.model, most, self._cap)
        self._reservation_numbers[id(reservation)] = number
        return reservation

    def release(self, reservation: Reservation) -> None:
        """Release what was put aside for an attempt that was not sent."""
        self._client.notify("give_back", self._reservation_numbers.pop(id(reservation)))

    def record_reply(self, request: Request, reply: Reply, reservation: Reservation) -> Charge:
        """Add a reply to the store; return what it is charged with."""
        charge = charge_of(actual_usage(request, reply), self.price)
        self._store.add(request, reply, charge=charge, reserved=reservation)
        self._record_charge(reservation, charge)
        return charge

    def record_failure(
        self, request: Request, fault: AttemptError, reservation: Reservation
    ) -> Charge:
        """Add a failed attempt; what may have been answered and billed is charged in full."""
        charge = Charge() if fault.unbilled else reservation.charge
        self._store.add(request, error=str(fault), charge=charge, reserved=reservation)
        self._record_charge(reservation, charge)
        return charge

    def _record_charge(self, reservation: Reservation, charge: Charge) -> None:
        self._client.notify("spend", self._reservation_numbers.pop(id(reservation)), charge)


class RemoteRateLimiter:
    """The pace of all workers together.

    Args:
        teller: speaks to the treasury.
    """

    def __init__(self, client: CoordinatorClient) -> None:
        self._client = client

    async def acquire(self, tokens: float) -> None:
        """Return when a request of about so many tokens may be sent."""
        teller = self._client
        if not await teller.call("enter_now", tokens) and not await teller.call_and_wait(
            "enter", tokens
        ):
            raise TeacherError("this worker was given up, and another does its work")

    def release(self, expected: float, used: float) -> None:
        """Count a request as no longer in flight."""
        self._client.notify("leave", expected, used)

    def on_success(self) -> None:
        """Take note that the server could cope."""
        self._client.notify("answered")

    def on_throttled(self) -> None:
        """Take note that the server could not cope."""
        self._client.notify("complained")

    def pause(self, seconds: float) -> None:
        """Let nobody send for so long."""
        self._client.notify("pause", seconds)

    def update_limits(self, limits: ServerRateLimits, tokens: float) -> None:
        """Take over what the server says is left."""
        self._client.notify("heed", limits, tokens)
