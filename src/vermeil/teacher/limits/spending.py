"""Spending limit of one run: the maximum charge is reserved durably before an attempt is sent."""

from __future__ import annotations

import asyncio
from math import floor

from vermeil.data.reply import Reply, Request, Usage
from vermeil.teacher.backends.base import AttemptError
from vermeil.teacher.config import TeacherConfig
from vermeil.teacher.limits.prices import PER_DOLLAR, Price, price_of
from vermeil.teacher.store.charges import Charge, Reservation, SpendingCap
from vermeil.teacher.store.group_commit import GroupCommit
from vermeil.teacher.store.store import ReplyStore
from vermeil.teacher.tokens import UsageEstimate, actual_usage, max_usage


class SpendingLimit:
    """Reserves the maximum charge of attempts and records their actual charges.

    Args:
        config: prices and limits.
        store: holds reservations and charges.
        group_commit: makes them durable.

    Raises:
        ConfigError: a limit on cost is set, and the model's price is unknown.
    """

    def __init__(self, config: TeacherConfig, store: ReplyStore, group_commit: GroupCommit) -> None:
        self._store, self._group_commit = store, group_commit
        self.price: Price | None = price_of(config)
        self._cap = spending_cap(config)
        spent = store.spent(config.model)
        self.usage_estimate = UsageEstimate.from_usage(
            spent.replies, spent.prompt_characters, spent.usage, config.max_tokens
        )
        self._open: dict[int, Reservation] = {}
        self._closed = 0
        self._changed = asyncio.Event()
        self._smallest_refused: Charge | None = None

    async def reserve(self, key: str, request: Request) -> Reservation | None:
        """Reserve the maximum charge of an attempt durably; None: it exceeds the limits.

        If the limits are exceeded while other attempts are in flight, this waits until they end:
        most attempts cost less than was reserved for them.
        """
        return await self.reserve_amount(key, request.model, self._charge(max_usage(request)))

    async def reserve_amount(self, key: str, model: str, max_charge: Charge) -> Reservation | None:
        """Reserve an amount durably; waits as `reserve` does."""
        while not self._exceeds_refused(max_charge):
            closed, changed = self._closed, self._changed
            reservation = await self.try_reserve_amount(key, model, max_charge)
            if reservation is not None:
                return reservation
            if any(other.number is not None for other in self._open.values()):
                await changed.wait()
            elif closed == self._closed:
                self._smallest_refused = max_charge
        return None

    async def try_reserve_amount(
        self, key: str, model: str, max_charge: Charge
    ) -> Reservation | None:
        """Reserve an amount durably if it fits the limits now; None otherwise."""
        if self._exceeds_refused(max_charge):
            return None
        reservation = Reservation(key, model, max_charge, self._cap)
        self._open[id(reservation)] = reservation
        self._store.reserve(reservation)
        try:
            await self._group_commit.wait_until_durable()
        except BaseException:
            self.release(reservation)
            raise
        if reservation.number is None:
            del self._open[id(reservation)]
            return None
        return reservation

    def _exceeds_refused(self, max_charge: Charge) -> bool:
        """Return whether at most this charge was refused while no reservation could be released."""
        refused = self._smallest_refused
        return (
            refused is not None
            and max_charge.tokens >= refused.tokens
            and max_charge.cost >= refused.cost
        )

    def release(self, reservation: Reservation) -> None:
        """Release the reservation of an attempt that was not sent."""
        self._store.release(reservation)
        self._remove(reservation)

    def record_charge(self, reservation: Reservation, charge: Charge) -> None:
        """Reduce a reservation to the charge of its attempt; the reply is in another store."""
        self._store.adjust_reservation(reservation, charge)
        self._remove(reservation)

    def abandon(self, reservation: Reservation) -> None:
        """Stop waiting for an attempt whose result is lost; its reservation stays in the store."""
        self._remove(reservation)

    def record_reply(self, request: Request, reply: Reply, reservation: Reservation) -> Charge:
        """Add a reply to the store; return its charge."""
        charge = self._charge(actual_usage(request, reply))
        self._store.add(request, reply, charge=charge, reserved=reservation)
        self._remove(reservation)
        return charge

    def record_failure(
        self, request: Request, fault: AttemptError, reservation: Reservation
    ) -> Charge:
        """Add a failed attempt; return its charge (`failure_charge`)."""
        charge = failure_charge(fault, reservation, self.price)
        self._store.add(request, error=str(fault), charge=charge, reserved=reservation)
        self._remove(reservation)
        return charge

    def _charge(self, usage: Usage) -> Charge:
        return charge_of(usage, self.price)

    def _remove(self, reservation: Reservation) -> None:
        del self._open[id(reservation)]
        self._closed += 1
        self._changed.set()
        self._changed = asyncio.Event()


def spending_cap(config: TeacherConfig) -> SpendingCap:
    """Return the spending cap that a configuration sets."""
    cost = config.max_cost_usd
    return SpendingCap(config.max_tokens_total, None if cost is None else floor(cost * PER_DOLLAR))


def charge_of(usage: Usage, price: Price | None) -> Charge:
    """Return the tokens of a usage and their cost; the cost is 0 if the price is unknown."""
    return Charge(usage.total, 0 if price is None else price.cost(usage))


def failure_charge(fault: AttemptError, reservation: Reservation, price: Price | None) -> Charge:
    """Return the charge of a failed attempt: the usage that the server counted, if it did.

    Otherwise it is charged in full, unless it cannot have been billed.
    """
    if fault.usage is not None:
        return charge_of(fault.usage, price)
    return Charge() if fault.unbilled else reservation.charge
