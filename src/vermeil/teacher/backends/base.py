"""Interface of backends, and the error of a failed attempt."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from vermeil.data.reply import Reply, Request


class ErrorScope(StrEnum):
    """Scope of an error: the attempts that it affects, which decides about retries."""

    ATTEMPT = "attempt"
    """This attempt only: a retry can succeed."""
    REQUEST = "request"
    """This request: the server would reject it again."""
    UNREACHABLE = "unreachable"
    """No server answers: fatal before the first reply, possibly temporary after it."""
    TEACHER = "teacher"
    """Every request: stop at once."""


@dataclass(frozen=True, slots=True)
class RateQuota:
    """Remaining quota that a server reports.

    Args:
        remaining: remaining requests or tokens.
        reset: seconds until the quota is full again.
        limit: size of the full quota; None: not reported.
    """

    remaining: float
    reset: float
    limit: float | None = None


@dataclass(frozen=True, slots=True)
class ServerRateLimits:
    """Rate limits in the headers of a server's response; None: not reported."""

    requests: RateQuota | None = None
    tokens: RateQuota | None = None


class AttemptError(Exception):
    """Error of one attempt that returned no reply.

    Args:
        message: cause of the error and, if possible, its remedy. Never contains the API key.
        scope: attempts that the error affects.
        retry_after: seconds that the server requests to wait before the next request.
        busy: whether the server is overloaded, so that fewer concurrent requests would help.
        unbilled: whether the attempt cannot have been billed, because nothing was answered.
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
    """Interface of a backend: sends a request once, without retries."""

    @property
    def limits(self) -> ServerRateLimits | None:
        """Rate limits in the newest response; None: not reported."""

    async def complete(self, request: Request) -> Reply:
        """Send a request once; return the teacher's reply, verbatim.

        Raises:
            AttemptError: the attempt returned no reply.
        """

    async def aclose(self) -> None:
        """Close all connections."""


def replace_surrogates(text: str) -> str:
    """Replace lone surrogates, which JSON can encode and UTF-8 cannot."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
