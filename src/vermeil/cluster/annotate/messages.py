"""Messages from a worker to the coordinator: calls with a result, and notifications without one."""

from __future__ import annotations

from dataclasses import dataclass

from vermeil.teacher.backends.base import ServerRateLimits
from vermeil.teacher.store.charges import Charge


@dataclass(frozen=True, slots=True)
class TryReserveAmount:
    """Call: reserve an amount if it fits now; the result is its number, or None.

    Args:
        key: key of the request.
        model: name of the model.
        max_charge: the largest charge of an attempt.
    """

    key: str
    model: str
    max_charge: Charge


@dataclass(frozen=True, slots=True)
class TryAcquire:
    """Call: the result is whether a request of about ``tokens`` tokens may be sent now."""

    tokens: float


@dataclass(frozen=True, slots=True)
class RecordFailure:
    """Call: record the result of an admitted request; None: its reply is usable."""

    failure: str | None


@dataclass(frozen=True, slots=True)
class RecordUsable:
    """Call: record a usable reply; the run then never stops."""


@dataclass(frozen=True, slots=True)
class HasUsable:
    """Call: the result is whether a worker recorded a usable reply, or the store has a reply."""


Call = TryReserveAmount | TryAcquire | RecordFailure | RecordUsable | HasUsable


@dataclass(frozen=True, slots=True)
class ReleaseReservation:
    """Notification: the attempt with this reservation was not sent."""

    number: int


@dataclass(frozen=True, slots=True)
class RecordCharge:
    """Notification: the charge of the attempt with this reservation."""

    number: int
    charge: Charge


@dataclass(frozen=True, slots=True)
class ReleaseRequest:
    """Notification: a request is no longer in flight.

    Args:
        expected: tokens that were acquired for it.
        used: tokens that it used.
    """

    expected: float
    used: float


@dataclass(frozen=True, slots=True)
class ServerAnswered:
    """Notification: the server answered, so that concurrency may rise."""


@dataclass(frozen=True, slots=True)
class ServerThrottled:
    """Notification: the server was overloaded, so that concurrency falls."""


@dataclass(frozen=True, slots=True)
class PauseSending:
    """Notification: the server asks to wait for some seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class UpdateLimits:
    """Notification: the remaining quota that the server reported.

    Args:
        limits: the quota.
        tokens: tokens of the request whose answer reported it.
    """

    limits: ServerRateLimits
    tokens: float


Notification = (
    ReleaseReservation
    | RecordCharge
    | ReleaseRequest
    | ServerAnswered
    | ServerThrottled
    | PauseSending
    | UpdateLimits
)
