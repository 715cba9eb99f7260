"""The seam between a batch and the server that works it off: what any batch API has to offer."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import IO, Any, Literal, Protocol

from vermeil.data.reply import Reply, Request
from vermeil.teacher.backends.base import AttemptError, ErrorScope
from vermeil.teacher.backends.batch_types import ProviderBatch
from vermeil.teacher.config import TeacherConfig


@dataclass(frozen=True, slots=True)
class BatchLimits:
    """What one batch can hold.

    Args:
        max_requests: most requests.
        max_bytes: most bytes, of everything that is sent.
    """

    max_requests: int
    max_bytes: int


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands around the requests of a batch when it is sent: before, between and after."""

    prefix: bytes
    separator: bytes
    suffix: bytes


@dataclass(frozen=True, slots=True)
class BatchStatus:
    """What the server says about a batch.

    Args:
        state: ended: there are results, perhaps not for all; failed: there are none.
        completed: requests that are through.
        note: why it failed.
        retry_later: it failed because too much is queued already; later it may not.
        unbilled: where it failed, whether nothing can have been billed.
    """

    state: Literal["running", "ended", "failed"]
    completed: int = 0
    note: str = ""
    retry_later: bool = False
    unbilled: bool = True


@dataclass(frozen=True, slots=True)
class BatchResult:
    """One line of the results.

    Args:
        name: what we called the request; empty where the line is broken.
        reply: the answer.
        error: why there is none.
        retryable: whether asking again can help.
        unbilled: where there is no answer, whether nothing can have been billed.
    """

    name: str
    reply: Reply | None = None
    error: str = ""
    retryable: bool = True
    unbilled: bool = True


@dataclass(frozen=True, slots=True)
class BatchLookup:
    """Where a batch may be that was submitted before its id could be stored.

    Args:
        server_id: the server's name for it; None: not found.
        unsure: whether it may be one that cannot be recognised before it has ended.
    """

    server_id: str | None = None
    inconclusive: bool = False


class BatchBackend(Protocol):
    """A server that takes many requests at once. All methods but `close` raise `AttemptError`."""

    limits: BatchLimits
    frame: Frame

    def encode(self, name: str, request: Request) -> bytes:
        """Return one request as it is sent, without line end."""

    def submit(self, batch: ProviderBatch, content: IO[bytes]) -> str:
        """Submit a batch and return the server's id of it."""

    def find(self, batch: ProviderBatch, known: Collection[str]) -> BatchLookup:
        """Look for a batch whose id nobody stored, among those whose ids are not ``known``."""

    def poll(self, server_id: str) -> BatchStatus:
        """Say how far a batch has come."""

    def results(self, server_id: str) -> Iterator[BatchResult]:
        """Yield the results of an ended batch, in any order."""

    def cancel(self, server_id: str) -> None:
        """Have a batch end soon; what is done of it stays. An ended one stays as it is."""

    def close(self) -> None:
        """Let go of connections."""


def read_lines(
    chunks: Iterable[bytes], read: Callable[[Any], BatchResult]
) -> Iterator[BatchResult]:
    """Yield the result of every line of JSON; a broken line is one without a name."""
    for line in _lines(chunks):
        try:
            yield read(json.loads(line))
        except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
            yield BatchResult("", error="a line of the results is broken")


def _lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    # Not by any other separator: JSON may hold U+2028 and the like within a line.
    rest = b""
    for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n")
        yield from (line for line in whole if line.strip())
    if rest.strip():
        yield rest


def unknown_batch_error(config: TeacherConfig, server_id: str) -> AttemptError:
    """Return the fault of a server that does not know a batch that it once had."""
    return AttemptError(
        f"the teacher at {config.base_url} does not know the batch {server_id}; use the key with "
        f"which it was made ({config.key_variable}), or give it up, and have its documents asked "
        "again, with: vermeil replies batches --give-up NAME",
        ErrorScope.TEACHER,
    )


def no_batch_api_error(config: TeacherConfig) -> AttemptError:
    """Return the fault of a server without a batch API."""
    return AttemptError(
        f"the teacher at {config.base_url} has no batch API (HTTP 404), or teacher.base_url is "
        'wrong; set teacher.mode = "online"',
        ErrorScope.TEACHER,
    )
