"""What an attempt has to pass before it is sent: money, and pace. One run's own, or shared."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol

from vermeil.data.reply import Reply, Request
from vermeil.teacher.backends.base import AttemptError, Limits
from vermeil.teacher.config import TeacherConfig
from vermeil.teacher.limits.budget import Purse
from vermeil.teacher.limits.prices import Price
from vermeil.teacher.limits.rate_limit import Pace
from vermeil.teacher.store.charges import Charge, Reservation
from vermeil.teacher.store.group_commit import Commits
from vermeil.teacher.store.store import ReplyStore
from vermeil.teacher.tokens import Expectation


class Money(Protocol):
    """Puts aside what attempts can cost, and says what they did cost: `Purse`, or like one."""

    @property
    def price(self) -> Price | None:
        """What the model costs; None: not known."""

    @property
    def expectation(self) -> Expectation:
        """What a request will probably need."""

    async def put_aside(self, key: str, request: Request) -> Reservation | None:
        """Reserve durably the most that an attempt can cost; None: it does not fit the limits."""

    def give_back(self, reservation: Reservation) -> None:
        """Release what was put aside for an attempt that was not sent."""

    def replied(self, request: Request, reply: Reply, reservation: Reservation) -> Charge:
        """Add a reply to the store; return what it is charged with."""

    def failed(self, request: Request, fault: AttemptError, reservation: Reservation) -> Charge:
        """Add a failed attempt; return what it is charged with."""


class Tempo(Protocol):
    """Holds requests back: `Pace`, or like one."""

    async def enter(self, tokens: float) -> None:
        """Return when a request of about so many tokens may be sent."""

    def leave(self, expected: float, used: float) -> None:
        """Count a request as no longer in flight."""

    def answered(self) -> None:
        """Take note that the server could cope."""

    def complained(self) -> None:
        """Take note that the server could not cope."""

    def pause(self, seconds: float) -> None:
        """Let nobody send for so long."""

    def heed(self, limits: Limits, tokens: float) -> None:
        """Take over what the server says is left."""


class Gates(NamedTuple):
    """The two of them."""

    purse: Money
    pace: Tempo


MakeGates = Callable[[TeacherConfig, ReplyStore, Commits], Gates]
"""Makes the gates of one run, in its event loop."""


def own_gates(config: TeacherConfig, store: ReplyStore, commits: Commits) -> Gates:
    """Return gates that this run has to itself; limits on spending hold for the whole store."""
    return Gates(Purse(config, store, commits), Pace(config))
