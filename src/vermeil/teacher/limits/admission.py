"""What an attempt has to pass before it is sent: money, and pace. One run's own, or shared."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol

from vermeil.data.reply import Reply, Request
from vermeil.teacher.backends.base import AttemptError, ServerRateLimits
from vermeil.teacher.config import TeacherConfig
from vermeil.teacher.limits.prices import Price
from vermeil.teacher.limits.rate_limit import RateLimiter
from vermeil.teacher.limits.spending import SpendingLimit
from vermeil.teacher.store.charges import Charge, Reservation
from vermeil.teacher.store.group_commit import GroupCommit
from vermeil.teacher.store.store import ReplyStore
from vermeil.teacher.tokens import UsageEstimate


class SpendingControl(Protocol):
    """Puts aside what attempts can cost, and says what they did cost: `SpendingLimit`, or like one."""

    @property
    def price(self) -> Price | None:
        """What the model costs; None: not known."""

    @property
    def usage_estimate(self) -> UsageEstimate:
        """What a request will probably need."""

    async def reserve(self, key: str, request: Request) -> Reservation | None:
        """Reserve durably the most that an attempt can cost; None: it does not fit the limits."""

    def release(self, reservation: Reservation) -> None:
        """Release what was put aside for an attempt that was not sent."""

    def record_reply(self, request: Request, reply: Reply, reservation: Reservation) -> Charge:
        """Add a reply to the store; return what it is charged with."""

    def record_failure(
        self, request: Request, fault: AttemptError, reservation: Reservation
    ) -> Charge:
        """Add a failed attempt; return what it is charged with."""


class RateControl(Protocol):
    """Holds requests back: `RateLimiter`, or like one."""

    async def acquire(self, tokens: float) -> None:
        """Return when a request of about so many tokens may be sent."""

    def release(self, expected: float, used: float) -> None:
        """Count a request as no longer in flight."""

    def on_success(self) -> None:
        """Take note that the server could cope."""

    def on_throttled(self) -> None:
        """Take note that the server could not cope."""

    def pause(self, seconds: float) -> None:
        """Let nobody send for so long."""

    def update_limits(self, limits: ServerRateLimits, tokens: float) -> None:
        """Take over what the server says is left."""


class Admission(NamedTuple):
    """The two of them."""

    spending_limit: SpendingControl
    rate_limiter: RateControl


AdmissionFactory = Callable[[TeacherConfig, ReplyStore, GroupCommit], Admission]
"""Makes the gates of one run, in its event loop."""


def local_admission(
    config: TeacherConfig, store: ReplyStore, group_commit: GroupCommit
) -> Admission:
    """Return gates that this run has to itself; limits on spending hold for the whole store."""
    return Admission(SpendingLimit(config, store, group_commit), RateLimiter(config))
