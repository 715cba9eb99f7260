"""A worker's side of the treasury: gates that all workers share."""

from __future__ import annotations

import asyncio
from typing import Any

from vermeil.cluster.annotate.coordinator import Words
from vermeil.data.reply import Reply, Request
from vermeil.errors import TeacherError
from vermeil.teacher.backends.base import AttemptError, Limits
from vermeil.teacher.config import TeacherConfig
from vermeil.teacher.limits.admission import Gates, MakeGates
from vermeil.teacher.limits.budget import charge_of, limit_of
from vermeil.teacher.limits.prices import price_of
from vermeil.teacher.store.charges import Charge, Reservation
from vermeil.teacher.store.group_commit import Commits
from vermeil.teacher.store.store import ReplyStore
from vermeil.teacher.tokens import Expectation, bound, used

_GATHER = 0.005
"""Seconds over which what there is to tell is gathered into one call."""


def shared_gates(treasury: Any, lease: str, expectation: Expectation) -> MakeGates:
    """Return what makes gates at which a run asks the treasury.

    Args:
        treasury: handle of the actor.
        lease: the name under which this worker comes.
        expectation: what a request will probably need.
    """

    def make(config: TeacherConfig, store: ReplyStore, _commits: Commits) -> Gates:
        teller = Teller(treasury, lease)
        return Gates(SharedPurse(config, store, teller, expectation), SharedPace(teller))

    return make


class Teller:
    """Speaks to the treasury for all requests of a worker: what comes together goes in one call."""

    def __init__(self, treasury: Any, lease: str) -> None:
        self._treasury, self._lease = treasury, lease
        self._told: list[Words] = []
        self._asked: list[tuple[Words, asyncio.Future[Any]]] = []
        self._asking: set[asyncio.Task[None]] = set()

    async def ask(self, what: str, *arguments: Any) -> Any:
        """Return what the treasury says, which it does at once."""
        loop = asyncio.get_running_loop()
        if not self._asked:
            loop.call_later(_GATHER, self._send_asked)
        answer: asyncio.Future[Any] = loop.create_future()
        self._asked.append(((what, arguments), answer))
        return await answer

    async def wait(self, what: str, *arguments: Any) -> Any:
        """Return what the treasury says when it is time."""
        return await getattr(self._treasury, what).remote(self._lease, *arguments)

    def tell(self, what: str, *arguments: Any) -> None:
        """Let the treasury know, soon."""
        if not self._told:
            asyncio.get_running_loop().call_later(_GATHER, self._send_told)
        self._told.append((what, arguments))

    def _send_told(self) -> None:
        told, self._told = self._told, []
        self._treasury.tell.remote(self._lease, told)

    def _send_asked(self) -> None:
        asked, self._asked = self._asked, []
        task = asyncio.get_running_loop().create_task(self._answer(asked))
        self._asking.add(task)
        task.add_done_callback(self._asking.discard)

    async def _answer(self, asked: list[tuple[Words, asyncio.Future[Any]]]) -> None:
        waiting = [answer for _, answer in asked]
        try:
            answers = await self._treasury.answer.remote(self._lease, [words for words, _ in asked])
        except Exception as error:
            for answer in waiting:
                if not answer.done():
                    answer.set_exception(error)
        else:
            for answer, value in zip(waiting, answers, strict=True):
                if not answer.done():
                    answer.set_result(value)


class SharedPurse:
    """The purse of all workers: money is with the treasury, replies are in a store of one's own.

    Args:
        config: prices and limits.
        store: where replies go.
        teller: speaks to the treasury.
        expectation: what a request will probably need.
    """

    def __init__(
        self, config: TeacherConfig, store: ReplyStore, teller: Teller, expectation: Expectation
    ) -> None:
        self.price = price_of(config)
        self.expectation = expectation
        self._store, self._teller, self._limit = store, teller, limit_of(config)
        self._numbers: dict[int, int] = {}

    async def put_aside(self, key: str, request: Request) -> Reservation | None:
        """Reserve durably, at the treasury, the most that an attempt can cost."""
        most = charge_of(bound(request), self.price)
        question = (key, request.model, most)
        number = await self._teller.ask("reserve_now", *question)
        if number is None:
            number = await self._teller.wait("reserve", *question)
        if number is None:
            return None
        # It has no number here: this store holds no money.
        reservation = Reservation(key, request.model, most, self._limit)
        self._numbers[id(reservation)] = number
        return reservation

    def give_back(self, reservation: Reservation) -> None:
        """Release what was put aside for an attempt that was not sent."""
        self._teller.tell("give_back", self._numbers.pop(id(reservation)))

    def replied(self, request: Request, reply: Reply, reservation: Reservation) -> Charge:
        """Add a reply to the store; return what it is charged with."""
        charge = charge_of(used(request, reply), self.price)
        self._store.add(request, reply, charge=charge, reserved=reservation)
        self._spend(reservation, charge)
        return charge

    def failed(self, request: Request, fault: AttemptError, reservation: Reservation) -> Charge:
        """Add a failed attempt; what may have been answered and billed is charged in full."""
        charge = Charge() if fault.free else reservation.charge
        self._store.add(request, error=str(fault), charge=charge, reserved=reservation)
        self._spend(reservation, charge)
        return charge

    def _spend(self, reservation: Reservation, charge: Charge) -> None:
        self._teller.tell("spend", self._numbers.pop(id(reservation)), charge)


class SharedPace:
    """The pace of all workers together.

    Args:
        teller: speaks to the treasury.
    """

    def __init__(self, teller: Teller) -> None:
        self._teller = teller

    async def enter(self, tokens: float) -> None:
        """Return when a request of about so many tokens may be sent."""
        teller = self._teller
        if not await teller.ask("enter_now", tokens) and not await teller.wait("enter", tokens):
            raise TeacherError("this worker was given up, and another does its work")

    def leave(self, expected: float, used: float) -> None:
        """Count a request as no longer in flight."""
        self._teller.tell("leave", expected, used)

    def answered(self) -> None:
        """Take note that the server could cope."""
        self._teller.tell("answered")

    def complained(self) -> None:
        """Take note that the server could not cope."""
        self._teller.tell("complained")

    def pause(self, seconds: float) -> None:
        """Let nobody send for so long."""
        self._teller.tell("pause", seconds)

    def heed(self, limits: Limits, tokens: float) -> None:
        """Take over what the server says is left."""
        self._teller.tell("heed", limits, tokens)
