"""HTTP server that finishes the requests of its clients before it stops."""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress
from dataclasses import replace
from typing import cast

import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.flow_control import CLOSE_HEADER

from vermeil.serving.connections import make_protocol
from vermeil.serving.limits import ServiceLimits

SHUTDOWN_SECONDS = 30
"""Maximum seconds to finish running requests at shutdown."""

KEEP_ALIVE_SECONDS = 30
"""Seconds after which a connection without a further request is closed."""

_DRAIN_SECONDS = 0.5
"""Maximum seconds at shutdown in which open connections may send one more request."""

_TICK = 0.05
_ROUNDS = 5
"""Rounds of the event loop in which asyncio finishes accepting a connection."""

_BACKLOG = 1024
"""Maximum number of connections that are accepted at once."""

_SMALL_BACKLOG = 128
_OTHER_FILES = 100
"""Open files that the process needs for other things than connections."""


class DrainingServer(uvicorn.Server):
    """Server that responds to everything that was sent before the signal to stop.

    After the signal it still accepts connections for a short time. Every response then has
    ``Connection: close``, so that no client sends a further request on its connection.
    """

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Finish all requests, then close the connections and stop the application."""
        cast("FastAPI", self.config.app).state.stopping = True
        self._announce_close()
        await self._drain()
        await self._accept_last(sockets or [])
        await super().shutdown(sockets)

    def _announce_close(self) -> None:
        """Add ``Connection: close`` to all responses from now on."""
        state = self.server_state
        state.default_headers = [*state.default_headers, CLOSE_HEADER]
        for connection in state.connections:
            cycle = getattr(connection, "cycle", None)
            if cycle is not None and not cycle.response_started:
                cycle.default_headers = [*cycle.default_headers, CLOSE_HEADER]

    async def _drain(self) -> None:
        deadline = asyncio.get_running_loop().time() + _DRAIN_SECONDS
        await asyncio.sleep(_TICK)
        while self.server_state.connections and asyncio.get_running_loop().time() < deadline:
            await asyncio.sleep(_TICK)

    async def _accept_last(self, sockets: list[socket.socket]) -> None:
        """Accept the connections that wait in the queue, which closing the listener would reset."""
        loop = asyncio.get_running_loop()
        accepted: list[socket.socket] = []
        for listener in sockets:
            listener.setblocking(False)
            with suppress(NotImplementedError):  # the event loop of Windows
                loop.remove_reader(listener)
        for _ in range(_ROUNDS):  # asyncio drops what it has accepted when its server closes
            await asyncio.sleep(0)
        for listener in sockets:
            with suppress(OSError):
                while len(accepted) < _BACKLOG:
                    accepted.append(listener.accept()[0])
        for server in self.servers:
            server.close()
        for connection in accepted:
            connection.setblocking(False)
            await loop.connect_accepted_socket(self._make_connection, connection)
        if accepted:
            await asyncio.sleep(_TICK)

    def _make_connection(self) -> asyncio.Protocol:
        return self.config.http_protocol_class(  # type: ignore[call-arg]
            config=self.config,
            server_state=self.server_state,
            app_state=self.lifespan.state,
        )


def make_server(app: FastAPI, limits: ServiceLimits) -> DrainingServer:
    """Return the server of an application, with limits on connections and time."""
    limits, backlog = _within_open_files(limits)
    config = uvicorn.Config(
        app,
        http=make_protocol(limits),  # type: ignore[arg-type]
        ws="none",
        loop="asyncio",
        log_level="warning",
        backlog=backlog,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
    )
    return DrainingServer(config)


def _within_open_files(limits: ServiceLimits) -> tuple[ServiceLimits, int]:
    """Return limits and backlog that the number of open files of the process permits.

    The limit on open files is raised as far as the system permits.
    """
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return limits, _BACKLOG
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = limits.max_connections + _BACKLOG + _OTHER_FILES
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return limits, _BACKLOG
    backlog = min(_SMALL_BACKLOG, max(1, soft // 8))
    possible = max(1, soft - backlog - _OTHER_FILES)
    return replace(limits, max_connections=min(limits.max_connections, possible)), backlog
