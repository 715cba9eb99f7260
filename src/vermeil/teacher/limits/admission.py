"""Admission of attempts: spending limit, rate limiter and first failures, local or shared."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol

from vermeil.data.reply import Reply, Request
from vermeil.teacher.backends.base import AttemptError, ServerRateLimits
from vermeil.teacher.config import TeacherConfig
from vermeil.teacher.limits.first_failures import FirstFailures, failure_limit
from vermeil.teacher.limits.prices import Price
from vermeil.teacher.limits.rate_limit import RateLimiter
from vermeil.teacher.limits.spending import SpendingLimit
from vermeil.teacher.store.charges import Charge, Reservation
from vermeil.teacher.store.group_commit import GroupCommit
from vermeil.teacher.store.store import ReplyStore
from vermeil.teacher.tokens import UsageEstimate


class SpendingControl(Protocol):
    """Interface of a spending limit: reserves costs before attempts and records charges after."""

    @property
    def price(self) -> Price | None:
        """Price of the model; None: unknown."""

    @property
    def usage_estimate(self) -> UsageEstimate:
        """Expected usage of a request."""

    async def reserve(self, key: str, request: Request) -> Reservation | None:
        """Reserve the maximum charge of an attempt durably; None: it exceeds the limits."""

    def release(self, reservation: Reservation) -> None:
        """Release the reservation of an attempt that was not sent."""

    def record_reply(self, request: Request, reply: Reply, reservation: Reservation) -> Charge:
        """Add a reply to the store; return its charge."""

    def record_failure(
        self, request: Request, fault: AttemptError, reservation: Reservation
    ) -> Charge:
        """Add a failed attempt to the store; return its charge."""


class RateControl(Protocol):
    """Interface of a rate limiter: delays requests."""

    async def acquire(self, tokens: float) -> None:
        """Wait until a request of about ``tokens`` tokens may be sent."""

    def release(self, expected: float, used: float) -> None:
        """Count a request as no longer in flight."""

    def on_success(self) -> None:
        """Record that the server completed a request."""

    def on_throttled(self) -> None:
        """Record that the server was overloaded or limited the rate."""

    def pause(self, seconds: float) -> None:
        """Delay all requests by ``seconds``."""

    def update_limits(self, limits: ServerRateLimits, tokens: float) -> None:
        """Apply the remaining quotas that the server reports."""


class FailureControl(Protocol):
    """Interface of the counts of the first failures: decides whether a run should stop."""

    async def admit(self) -> bool:
        """Wait until a request may be sent; return False if the run should stop."""

    async def record(self, failure: str | None) -> None:
        """Record the result of an admitted request; None: its reply is usable."""

    async def record_usable(self) -> None:
        """Record a usable reply; the run then never stops."""

    async def has_usable(self) -> bool:
        """Return whether a usable reply was recorded."""


class Admission(NamedTuple):
    """Spending limit, rate limiter and counts of the first failures of a run."""

    spending_limit: SpendingControl
    rate_limiter: RateControl
    first_failures: FailureControl


AdmissionFactory = Callable[[TeacherConfig, ReplyStore, GroupCommit], Admission]
"""Makes the admission of one run."""


def local_admission(
    config: TeacherConfig, store: ReplyStore, group_commit: GroupCommit
) -> Admission:
    """Return the admission of a single run; limits on spending apply to the whole store."""
    return Admission(
        SpendingLimit(config, store, group_commit),
        RateLimiter(config),
        FirstFailures(failure_limit(config.stop_after_failures, config.documents_per_request)),
    )
