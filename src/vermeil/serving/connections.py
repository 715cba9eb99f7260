"""HTTP connections with time limits, and a limit on their number."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from time import monotonic
from typing import Any

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from vermeil.serving.limits import ServiceLimits

_TIMEOUT_RESPONSE = (
    b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
)
_BODY_GRACE_SECONDS = 5.0
"""Seconds after the time limit in which the application responds to an incomplete body itself."""


class LimitedProtocol(H11Protocol):
    """Connection that closes if its client is too slow.

    uvicorn limits only the time between two requests. This class also limits the time in which
    headers and body must arrive, and the time in which the client must accept a response.

    Args:
        config: configuration of the server.
        server_state: state that all connections share.
        app_state: state of the application.
        limits: limits of the service.
        _loop: event loop.
    """

    def __init__(
        self,
        config: uvicorn.Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        *,
        limits: ServiceLimits,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._limits = limits
        self._read_timer: asyncio.TimerHandle | None = None
        self._write_timer: asyncio.TimerHandle | None = None
        self._waiting_since: float | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a request; close another connection if there are too many."""
        super().connection_made(transport)
        self._start_waiting()
        self._make_room()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop all timers."""
        self._stop_waiting()
        self.resume_writing()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Handle received bytes, and limit the time until the request is complete."""
        if self._is_idle:
            self._start_waiting()
        super().data_received(data)
        if self._is_complete:
            self._stop_waiting()
        elif self._is_idle:  # the rest of a rejected body has arrived
            self._start_waiting()

    def on_response_complete(self) -> None:
        """Wait for the next request."""
        super().on_response_complete()
        if self._is_complete:
            self._stop_waiting()
        elif self._is_idle:  # uvicorn limits the time until the next request
            self._stop_waiting()
            self._waiting_since = monotonic()
        elif self._read_timer is None:  # a part of the next request has arrived
            self._start_waiting()

    def pause_writing(self) -> None:
        """Limit the time in which the client must accept the response."""
        super().pause_writing()
        if self._write_timer is None:
            seconds = self._limits.read_timeout
            self._write_timer = self.loop.call_later(seconds, self.transport.abort)

    def resume_writing(self) -> None:
        """End the limit of `pause_writing`."""
        super().resume_writing()
        if self._write_timer is not None:
            self._write_timer.cancel()
            self._write_timer = None

    @property
    def waiting_since(self) -> float | None:
        """Time since which the connection waits for bytes of its client; None: it does not wait."""
        return None if self.transport.is_closing() else self._waiting_since

    @property
    def _is_complete(self) -> bool:
        """Return whether the current request has arrived completely."""
        return self.conn.their_state not in (h11.IDLE, h11.SEND_BODY)

    @property
    def _is_idle(self) -> bool:
        """Return whether nothing of the next request has arrived."""
        return self.conn.their_state is h11.IDLE and not self.conn.trailing_data[0]

    def _start_waiting(self) -> None:
        self._stop_waiting()
        self._waiting_since = monotonic()
        self._read_timer = self.loop.call_later(self._limits.read_timeout, self._on_read_timeout)

    def _stop_waiting(self) -> None:
        self._waiting_since = None
        if self._read_timer is not None:
            self._read_timer.cancel()
            self._read_timer = None

    def _on_read_timeout(self) -> None:
        if self.transport.is_closing():
            self.transport.abort()
        elif self.cycle is not None and not self.cycle.response_complete:
            # The application reports the time-out of a body that it reads.
            self._read_timer = self.loop.call_later(_BODY_GRACE_SECONDS, self.transport.abort)
        else:
            if self.conn.their_state is h11.IDLE and not self._is_idle:
                self.transport.write(_TIMEOUT_RESPONSE)
            self.transport.close()

    def _make_room(self) -> None:
        """Close the connection that has waited longest for its client, if there are too many.

        If none waits, the requests of this connection get status 503.
        """
        if len(self.connections) <= self._limits.max_connections:
            return
        others = [c for c in self.connections if c is not self and isinstance(c, LimitedProtocol)]
        is_open = [other for other in others if not other.transport.is_closing()]
        if len(is_open) < self._limits.max_connections:
            return
        waiting = [one for one in is_open if one.waiting_since is not None]
        if waiting:
            min(waiting, key=lambda one: one.waiting_since or 0.0).transport.abort()
        else:
            self.limit_concurrency = 0  # uvicorn then responds with status 503


def make_protocol(limits: ServiceLimits) -> Callable[..., asyncio.Protocol]:
    """Return a function that makes connections with these limits, for `uvicorn.Config`."""

    def protocol(*arguments: Any, **options: Any) -> asyncio.Protocol:
        return LimitedProtocol(*arguments, **options, limits=limits)

    return protocol
