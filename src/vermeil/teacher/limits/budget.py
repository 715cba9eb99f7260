"""Money of one run: nothing is sent before what it can cost is put aside durably."""

from __future__ import annotations

import asyncio
from math import floor

from vermeil.data.reply import Reply, Request, Usage
from vermeil.teacher.backends.base import AttemptError
from vermeil.teacher.config import TeacherConfig
from vermeil.teacher.limits.prices import PER_DOLLAR, Price, price_of
from vermeil.teacher.store.charges import Charge, Limit, Reservation
from vermeil.teacher.store.group_commit import Commits
from vermeil.teacher.store.store import ReplyStore
from vermeil.teacher.tokens import Expectation, bound, used


class Purse:
    """Puts aside what attempts can cost, and says what they did cost.

    Args:
        config: prices and limits.
        store: where it is written down.
        commits: makes it durable.

    Raises:
        ConfigError: a limit on cost is set, and the model's price is not known.
    """

    def __init__(self, config: TeacherConfig, store: ReplyStore, commits: Commits) -> None:
        self._store, self._commits = store, commits
        self.price: Price | None = price_of(config)
        self._limit = limit_of(config)
        spent = store.spent(config.model)
        self.expectation = Expectation.from_usage(
            spent.replies, spent.prompt_characters, spent.usage, config.max_tokens
        )
        self._live: dict[int, Reservation] = {}
        self._settled = 0
        self._changed = asyncio.Event()
        self._refused: Charge | None = None

    async def put_aside(self, key: str, request: Request) -> Reservation | None:
        """Reserve durably the most that an attempt can cost; None: it does not fit the limits.

        As long as other attempts are under way, their end is waited for: they mostly cost less
        than was put aside for them.
        """
        return await self.reserve(key, request.model, self._charge(bound(request)))

    async def reserve(self, key: str, model: str, most: Charge) -> Reservation | None:
        """Reserve an amount durably, as `put_aside` does for a request."""
        while not self._is_hopeless(most):
            settled, changed = self._settled, self._changed
            reservation = await self.reserve_now(key, model, most)
            if reservation is not None:
                return reservation
            if any(other.number is not None for other in self._live.values()):
                await changed.wait()
            elif settled == self._settled:
                self._refused = most
        return None

    async def reserve_now(self, key: str, model: str, most: Charge) -> Reservation | None:
        """Reserve an amount durably, if it fits as things are."""
        if self._is_hopeless(most):
            return None
        reservation = Reservation(key, model, most, self._limit)
        self._live[id(reservation)] = reservation
        self._store.reserve(reservation)
        try:
            await self._commits.durable()
        except BaseException:
            self.give_back(reservation)
            raise
        if reservation.number is None:
            del self._live[id(reservation)]
            return None
        return reservation

    def _is_hopeless(self, most: Charge) -> bool:
        """Whether as little was refused when nothing was left that could become free."""
        refused = self._refused
        return refused is not None and most.tokens >= refused.tokens and most.cost >= refused.cost

    def give_back(self, reservation: Reservation) -> None:
        """Release what was put aside for an attempt that was not sent."""
        self._store.release(reservation)
        self._let_go(reservation)

    def spend(self, reservation: Reservation, charge: Charge) -> None:
        """Let what was put aside be what an attempt did cost; its reply lies in another store."""
        self._store.amend(reservation, charge)
        self._let_go(reservation)

    def forget(self, reservation: Reservation) -> None:
        """Wait no longer for an attempt whose end nobody will tell; its money stays put aside."""
        self._let_go(reservation)

    def replied(self, request: Request, reply: Reply, reservation: Reservation) -> Charge:
        """Add a reply to the store; return what it is charged with."""
        charge = self._charge(used(request, reply))
        self._store.add(request, reply, charge=charge, reserved=reservation)
        self._let_go(reservation)
        return charge

    def failed(self, request: Request, fault: AttemptError, reservation: Reservation) -> Charge:
        """Add a failed attempt; what may have been answered and billed is charged in full."""
        charge = Charge() if fault.free else reservation.charge
        self._store.add(request, error=str(fault), charge=charge, reserved=reservation)
        self._let_go(reservation)
        return charge

    def _charge(self, usage: Usage) -> Charge:
        return charge_of(usage, self.price)

    def _let_go(self, reservation: Reservation) -> None:
        del self._live[id(reservation)]
        self._settled += 1
        self._changed.set()
        self._changed = asyncio.Event()


def limit_of(config: TeacherConfig) -> Limit:
    """Return the limit on spending that a configuration sets."""
    cost = config.max_cost_usd
    return Limit(config.max_tokens_total, None if cost is None else floor(cost * PER_DOLLAR))


def charge_of(usage: Usage, price: Price | None) -> Charge:
    """Return tokens with what they cost; no money where the price is not known."""
    return Charge(usage.total, 0 if price is None else price.of(usage))
