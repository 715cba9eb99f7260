"""Replay server: an OpenAI-compatible server on this machine that returns recorded replies."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from http.server import ThreadingHTTPServer
from pathlib import Path
from socketserver import TCPServer
from types import TracebackType

from vermeil.errors import ConfigError
from vermeil.teacher.replay.handler import make_handler
from vermeil.teacher.replay.recording import Recording

_HOST = "127.0.0.1"


class ReplayServer:
    """Serves recordings over HTTP: in a thread as a context manager, or blocking with `serve`.

    Args:
        recordings: recording file (JSON Lines with ``text`` and ``reply``) of each model name.
        port: port on 127.0.0.1; 0 chooses a free one.

    Raises:
        DataError: a recording file is invalid.
        ConfigError: there is no recording, or the port is in use when the server starts.
    """

    def __init__(self, recordings: Mapping[str, Path | str], port: int = 0) -> None:
        if not recordings:
            raise ConfigError("nothing to replay; expected at least one NAME=FILE")
        self._recordings = {name: Recording(path) for name, path in recordings.items()}
        self._requested_port = port
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def port(self) -> int:
        """Port in use."""
        return self._started.server_address[1]

    @property
    def base_url(self) -> str:
        """Address for ``teacher.base_url``."""
        return f"http://{_HOST}:{self.port}/v1"

    def __enter__(self) -> ReplayServer:
        self._bind()
        self._thread = threading.Thread(
            target=self._started.serve_forever, args=(0.05,), name="vermeil-replay"
        )
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._started.shutdown()
        if self._thread is not None:
            self._thread.join()
        self._started.close()

    def serve(self, ready: Callable[[str], None] | None = None) -> None:
        """Serve until interrupted.

        Args:
            ready: called with the base URL when the server listens.
        """
        self._bind()
        try:
            if ready is not None:
                ready(self.base_url)
            self._started.serve_forever()
        finally:
            self._started.close()

    @property
    def _started(self) -> _Server:
        if self._server is None:
            raise ConfigError("the replay server is not running; use it in a with statement")
        return self._server

    def _bind(self) -> None:
        try:
            self._server = _Server((_HOST, self._requested_port), make_handler(self._recordings))
        except (OSError, OverflowError) as error:
            raise ConfigError(
                f"cannot listen on port {self._requested_port} of {_HOST} ({error}); "
                "choose another --port"
            ) from error


class _Server(ThreadingHTTPServer):
    """Tracks open connections, so that closing leaves no threads or sockets."""

    daemon_threads = False
    request_queue_size = 1024
    # A port that is in use must be an error.
    allow_reuse_port = False

    def __init__(self, address: tuple[str, int], handler: type) -> None:
        self._open: set[socket.socket] = set()
        super().__init__(address, handler)

    def server_bind(self) -> None:
        """Bind without the DNS lookup of the host name that http.server does."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), self.server_address[1]

    def process_request(self, request, client_address):  # type: ignore[no-untyped-def]
        self._open.add(request)
        try:
            super().process_request(request, client_address)
        except BaseException:  # interrupted: its thread may already wait for a request
            with suppress(OSError):
                request.shutdown(socket.SHUT_RDWR)
            raise

    def shutdown_request(self, request):  # type: ignore[no-untyped-def]
        self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request, client_address):  # type: ignore[no-untyped-def]
        """Ignore clients that disconnect."""

    def close(self) -> None:
        """Stop listening, shut down open connections and wait for their threads."""
        for connection in list(self._open):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue
        self.server_close()
