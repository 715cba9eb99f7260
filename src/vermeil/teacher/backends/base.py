"""Interface of backends, and the error of a failed attempt."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, Self, runtime_checkable

from vermeil.data.reply import Reply, Request, Usage


class ErrorScope(StrEnum):
    """Scope of an error: the attempts that it affects, which decides about retries."""

    ATTEMPT = "attempt"
    """This attempt only: a retry can succeed."""
    REQUEST = "request"
    """This request: the server would reject it again."""
    UNREACHABLE = "unreachable"
    """No server answers: fatal before the first reply, possibly temporary after it."""
    SETTINGS = "settings"
    """Every request, unless the teacher has answered others: then it affects this request only."""
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
        usage: tokens that the server counted for the attempt; None: not reported.
        advice: message with a remedy if the error affects every request; None: ``message``.
    """

    alone = False
    """Whether the next attempt has a request of its own, because this document had no part in the
    reply to a request that it shared."""

    def __init__(
        self,
        message: str,
        scope: ErrorScope,
        retry_after: float | None = None,
        *,
        busy: bool = False,
        unbilled: bool = False,
        usage: Usage | None = None,
        advice: str | None = None,
    ):
        self.scope, self.retry_after, self.busy, self.unbilled = scope, retry_after, busy, unbilled
        self.usage, self.advice = usage, advice or message
        super().__init__(message)

    def copy(self, usage: Usage | None = None) -> Self:
        """Return the same error with another usage, for each document of a shared request."""
        other = type(self).__new__(type(self), *self.args)
        other.__dict__.update(self.__dict__)
        other.args, other.usage = self.args, usage
        return other


class ModelLoadingError(AttemptError):
    """The server is still loading its model."""


class AttemptTimeoutError(AttemptError):
    """No reply arrived within ``teacher.timeout``.

    Args:
        timeout: the setting, in seconds.
    """

    def __init__(self, timeout: float):
        super().__init__(
            f"no reply within {timeout:g} s (teacher.timeout); raise teacher.timeout if the "
            "teacher needs longer, or lower teacher.concurrency if the server is overloaded",
            ErrorScope.ATTEMPT,
            busy=True,
        )


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


@dataclass(frozen=True, slots=True)
class BackendSpeed:
    """Measured speed of a server that Vermeil has started.

    Args:
        slots: requests that it answers at the same time.
        prompt_tokens_per_second: tokens of prompts that it reads, in all slots together.
        reply_tokens_per_second: tokens of replies that it writes, in all slots together.
        measured_seconds: time that the measurement took.
    """

    slots: int
    prompt_tokens_per_second: float
    reply_tokens_per_second: float
    measured_seconds: float

    def seconds(self, new_prompt_tokens: float, reply_tokens: float) -> float:
        """Return the time per request while all slots work.

        Args:
            new_prompt_tokens: tokens of a prompt that the server does not have in its cache.
            reply_tokens: tokens of the reply.
        """
        return (
            new_prompt_tokens / self.prompt_tokens_per_second
            + reply_tokens / self.reply_tokens_per_second
        )


@runtime_checkable
class StartedBackend(Protocol):
    """Interface of a backend whose server Vermeil starts itself."""

    async def start(self) -> BackendSpeed:
        """Start the server if it does not run, wait until it is ready, and return its speed.

        Raises:
            TeacherError: the server cannot be started.
        """


def replace_surrogates(text: str) -> str:
    """Replace lone surrogates, which JSON can encode and UTF-8 cannot."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
