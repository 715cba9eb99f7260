"""Limit on the number of attempts, on top of a spending limit."""

from __future__ import annotations

from vermeil.data.reply import Reply, Request
from vermeil.teacher.backends.base import AttemptError
from vermeil.teacher.config import TeacherConfig
from vermeil.teacher.limits.admission import Admission, SpendingControl, local_admission
from vermeil.teacher.limits.prices import Price
from vermeil.teacher.store.charges import Charge, Reservation
from vermeil.teacher.store.group_commit import GroupCommit
from vermeil.teacher.store.store import ReplyStore
from vermeil.teacher.tokens import UsageEstimate


class CallCounter:
    """Number of attempts that may still be sent, shared by several runs.

    Args:
        left: number of attempts; None: no limit.
    """

    def __init__(self, left: int | None) -> None:
        self.left = left

    def admission(
        self, config: TeacherConfig, store: ReplyStore, group_commit: GroupCommit
    ) -> Admission:
        """Return the local admission, with this limit in addition; an `AdmissionFactory`."""
        made = local_admission(config, store, group_commit)
        if self.left is None:
            return made
        return made._replace(spending_limit=_CountedSpending(made.spending_limit, self))

    def reserve(self) -> bool:
        """Count one attempt; return False if none is left."""
        if self.left is None:
            return True
        if self.left <= 0:
            return False
        self.left -= 1
        return True

    def release(self) -> None:
        """Uncount an attempt that was not sent."""
        if self.left is not None:
            self.left += 1


class _CountedSpending:
    def __init__(self, inner: SpendingControl, counter: CallCounter) -> None:
        self._inner, self._counter = inner, counter

    @property
    def price(self) -> Price | None:
        return self._inner.price

    @property
    def usage_estimate(self) -> UsageEstimate:
        return self._inner.usage_estimate

    async def reserve(self, key: str, request: Request) -> Reservation | None:
        if not self._counter.reserve():
            return None
        try:
            reservation = await self._inner.reserve(key, request)
        except BaseException:
            self._counter.release()
            raise
        if reservation is None:
            self._counter.release()
        return reservation

    def release(self, reservation: Reservation) -> None:
        self._inner.release(reservation)
        self._counter.release()

    def record_reply(self, request: Request, reply: Reply, reservation: Reservation) -> Charge:
        return self._inner.record_reply(request, reply, reservation)

    def record_failure(
        self, request: Request, fault: AttemptError, reservation: Reservation
    ) -> Charge:
        return self._inner.record_failure(request, fault, reservation)
