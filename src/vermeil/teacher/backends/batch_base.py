"""Interface of batch APIs, and the types of their results."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import IO, Any, Literal, Protocol

from vermeil.data.reply import Reply, Request, Usage
from vermeil.teacher.backends.base import AttemptError, ErrorScope
from vermeil.teacher.backends.batch_types import ProviderBatch
from vermeil.teacher.config import TeacherConfig


@dataclass(frozen=True, slots=True)
class BatchLimits:
    """Maximum size of one batch.

    Args:
        max_requests: maximum number of requests.
        max_bytes: maximum number of bytes of the whole upload.
    """

    max_requests: int
    max_bytes: int


@dataclass(frozen=True, slots=True)
class Frame:
    """Bytes before, between and after the encoded requests of a batch."""

    prefix: bytes
    separator: bytes
    suffix: bytes


@dataclass(frozen=True, slots=True)
class BatchStatus:
    """Status of a batch at the server.

    Args:
        state: ended: results exist, perhaps not for all requests; failed: no results exist.
        completed: number of processed requests.
        note: reason of a failure.
        retry_later: whether it failed because the server's queue was full.
        unbilled: whether a failed batch cannot have been billed.
    """

    state: Literal["running", "ended", "failed"]
    completed: int = 0
    note: str = ""
    retry_later: bool = False
    unbilled: bool = True


@dataclass(frozen=True, slots=True)
class BatchResult:
    """Result of one request of a batch.

    Args:
        name: our name of the request; empty if the line is malformed.
        reply: the reply; None after an error.
        error: error message if there is no reply.
        retryable: whether a retry can succeed.
        unbilled: whether a request without a reply cannot have been billed.
        usage: tokens that the server counted for a request without a reply; None: not reported.
    """

    name: str
    reply: Reply | None = None
    error: str = ""
    retryable: bool = True
    unbilled: bool = True
    usage: Usage | None = None


@dataclass(frozen=True, slots=True)
class BatchLookup:
    """Result of the search for a batch that was submitted before its id was stored.

    Args:
        server_id: the server's id of the batch; None: not found.
        inconclusive: whether a running batch may be it, which only its results can show.
    """

    server_id: str | None = None
    inconclusive: bool = False


class BatchBackend(Protocol):
    """Interface of a server's batch API. All methods but `close` raise `AttemptError`."""

    limits: BatchLimits
    frame: Frame

    def encode(self, name: str, request: Request) -> bytes:
        """Return the encoded request without a line end."""

    def submit(self, batch: ProviderBatch, content: IO[bytes]) -> str:
        """Submit a batch and return the server's id of it."""

    def find(self, batch: ProviderBatch, known: Collection[str]) -> BatchLookup:
        """Search for a batch without a stored id among the batches whose ids are not ``known``."""

    def poll(self, server_id: str) -> BatchStatus:
        """Return the status of a batch."""

    def results(self, server_id: str) -> Iterator[BatchResult]:
        """Yield the results of an ended batch, in any order."""

    def cancel(self, server_id: str) -> None:
        """Cancel a batch, and keep its finished results. An ended batch does not change."""

    def close(self) -> None:
        """Close all connections."""


def read_lines(
    chunks: Iterable[bytes], read: Callable[[Any], BatchResult]
) -> Iterator[BatchResult]:
    """Yield the result of every line of JSON; a malformed line has no name."""
    for line in _lines(chunks):
        try:
            yield read(json.loads(line))
        except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
            yield BatchResult("", error="malformed line in the results of the batch")


def _lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    # No other separator than \n: a line of JSON may contain U+2028 and similar characters.
    incomplete = b""
    for chunk in chunks:
        *complete, incomplete = (incomplete + chunk).split(b"\n")
        yield from (line for line in complete if line.strip())
    if incomplete.strip():
        yield incomplete


def unknown_batch_error(config: TeacherConfig, server_id: str) -> AttemptError:
    """Return the error for a batch that the server no longer knows."""
    return AttemptError(
        f"the teacher at {config.base_url} does not know the batch {server_id}; use the API key "
        f"that submitted it ({config.key_variable}), or abandon it, so that its documents are "
        "requested again: vermeil replies batches --abandon NAME",
        ErrorScope.TEACHER,
    )


def no_batch_api_error(config: TeacherConfig) -> AttemptError:
    """Return the error for a server without a batch API."""
    return AttemptError(
        f"the teacher at {config.base_url} has no batch API (HTTP 404), or teacher.base_url is "
        'wrong; set teacher.mode = "online"',
        ErrorScope.TEACHER,
    )
