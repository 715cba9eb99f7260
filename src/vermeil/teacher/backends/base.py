"""The seam between asking and the one who answers: one method, one exception."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from vermeil.data.reply import Reply, Request


class ErrorScope(StrEnum):
    """What a fault spoils, and so what is to be done about it."""

    ATTEMPT = "attempt"
    """This attempt only: asking again can help."""
    REQUEST = "request"
    """This request: it would be turned down again."""
    UNREACHABLE = "unreachable"
    """Nobody answers: hopeless at the start, may pass after the teacher has answered before."""
    TEACHER = "teacher"
    """Every request: stop at once."""


@dataclass(frozen=True, slots=True)
class RateQuota:
    """How much a server says it still takes from us.

    Args:
        remaining: requests, or tokens.
        reset: seconds until all of it is there again.
        limit: how much that is; None: it does not say.
    """

    remaining: float
    reset: float
    limit: float | None = None


@dataclass(frozen=True, slots=True)
class ServerRateLimits:
    """What a server says about its limits in the headers of an answer; None: nothing."""

    requests: RateQuota | None = None
    tokens: RateQuota | None = None


class AttemptError(Exception):
    """One attempt brought no reply.

    Args:
        message: what went wrong and, where somebody can do something about it, what. Never holds
            the key.
        scope: what the fault spoils.
        after: seconds that the server asks us to wait before the next request.
        busy: the server has too much to do; fewer requests at once would help.
        free: nothing was answered, so nothing can have been billed.
    """

    def __init__(
        self,
        message: str,
        scope: ErrorScope,
        retry_after: float | None = None,
        *,
        busy: bool = False,
        unbilled: bool = False,
    ):
        self.scope, self.retry_after, self.busy, self.unbilled = scope, retry_after, busy, unbilled
        super().__init__(message)


class Backend(Protocol):
    """Whoever answers requests, one attempt at a time; retrying is not its business."""

    @property
    def limits(self) -> ServerRateLimits | None:
        """What the newest answer said about the server's limits; None: nothing."""

    async def complete(self, request: Request) -> Reply:
        """Return the teacher's answer, verbatim.

        Raises:
            AttemptError: there was none.
        """

    async def aclose(self) -> None:
        """Let go of connections."""


def replace_surrogates(text: str) -> str:
    """Replace lone surrogates, which JSON can carry and UTF-8 cannot."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
