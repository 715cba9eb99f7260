"""One engine in a process of its own: start, wait until the model is loaded, stop."""

from __future__ import annotations

import http.client
import json
import secrets
import subprocess
import sys
import tempfile
import threading
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from vermeil.teacher.backends.local.engines import Engine
from vermeil.teacher.backends.local.layout import EngineLayout
from vermeil.teacher.backends.local.serve import HOST

_LOG_CHARACTERS = 600
"""Characters of the engine's last messages in an error."""
_POLL_SECONDS = 0.05
_STOP_SECONDS = 5.0
_SHORT_SECONDS = 10.0
"""Maximum wait for a response that takes the engine no work, in seconds."""
_ENGINE_COMMAND = (sys.executable, "-P", "-m", "vermeil.teacher.backends.local.serve")
"""With "-P", no file of the current folder replaces a module."""


class EngineError(Exception):
    """The engine did not start or did not answer; the message ends with its last messages."""


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """Settings of an engine process.

    Args:
        engine: key of `vermeil.teacher.backends.local.engines.ENGINES`, or gliner2.
        program: path of the engine's program, or name of its package.
        model: path of the GGUF file, or of the folder.
        slots: requests that are answered at the same time.
        threads: threads of the process.
        context: tokens of one slot; 0: the engine's own limit.
        key: API key that the engine requires.
    """

    engine: str
    program: str
    model: str
    slots: int
    threads: int
    context: int
    key: str

    @classmethod
    def make(cls, engine: Engine, model: Path, layout: EngineLayout) -> EngineSettings:
        """Return the settings of each process of a layout, with a new key."""
        return cls(
            engine.name,
            engine.program,
            str(model.absolute()),
            layout.slots,
            layout.threads,
            layout.context,
            secrets.token_urlsafe(24),
        )


class EngineProcess:
    """An engine in a process of its own, which answers on a random port of loopback.

    It ends with this process, also if this process is killed.

    Args:
        settings: model, slots and threads.
        command: interpreter and program, which reads the settings from its standard input.
    """

    def __init__(
        self, settings: EngineSettings, command: tuple[str, ...] = _ENGINE_COMMAND
    ) -> None:
        self.settings = settings
        self._command = command
        self.port = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._log: IO[bytes] | None = None
        self._stopped = threading.Event()

    @property
    def base_url(self) -> str:
        """Base URL of its API."""
        return f"http://{HOST}:{self.port}/v1"

    @property
    def pid(self) -> int | None:
        """Process id; None: not started."""
        return None if self._process is None else self._process.pid

    def start(self) -> None:
        """Start the process, also after a crash, and wait until the model is loaded.

        Raises:
            EngineError: the process ended, or was stopped, before it was ready.
        """
        self._close()
        self._log = tempfile.TemporaryFile(prefix="vermeil-engine-")  # noqa: SIM115
        # A session of its own: Ctrl-C leaves the engine to finish the requests in flight.
        self._process = process = subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            start_new_session=True,
        )
        if self._stopped.is_set():
            self._close()
            raise EngineError("the engine was stopped")
        assert process.stdin is not None
        assert process.stdout is not None
        with suppress(OSError):  # it ended already: the next line reports it
            process.stdin.write(json.dumps(asdict(self.settings)).encode() + b"\n")
            process.stdin.flush()
        line = process.stdout.readline()
        if not line:
            raise self._ended()
        self.port = int(json.loads(line)["port"])
        while not self._is_ready():
            if self._stopped.is_set() or self.wait(_POLL_SECONDS) is not None:
                raise self._ended()

    def wait(self, seconds: float) -> int | None:
        """Return the exit status; None if the process still runs after some seconds."""
        if self._process is None:
            return None
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def post(self, path: str, body: dict[str, Any], timeout: float) -> dict[str, Any]:
        """Send a request; return the JSON object in the response.

        Raises:
            EngineError: no response, an error, or no JSON object.
        """
        status, content = self._request("POST", path, json.dumps(body).encode(), timeout)
        try:
            answer = json.loads(content)
        except ValueError:
            answer = None
        if status != 200 or not isinstance(answer, dict):
            raise EngineError(
                f"HTTP {status}: {content[:_LOG_CHARACTERS].decode(errors='replace')}"
            )
        return answer

    def last_messages(self) -> str:
        """Return the end of the engine's messages, on one line."""
        if self._log is None:
            return ""
        size = self._log.seek(0, 2)
        self._log.seek(max(0, size - _LOG_CHARACTERS))
        return " ".join(self._log.read().decode(errors="replace").split())

    def stop(self) -> None:
        """End the process; a start in progress fails."""
        self._stopped.set()
        self._close()

    def _is_ready(self) -> bool:
        """Return whether the model is loaded: until then, the engine answers with HTTP 503."""
        try:
            status, _ = self._request("GET", "/health", None, _SHORT_SECONDS)
        except EngineError:
            return False
        return status == 200

    def _request(
        self, method: str, path: str, body: bytes | None, timeout: float
    ) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection(HOST, self.port, timeout=timeout)
        headers = {
            "Authorization": f"Bearer {self.settings.key}",
            "Content-Type": "application/json",
        }
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            return response.status, response.read()
        except (OSError, http.client.HTTPException) as error:
            raise EngineError(
                f"no response of the engine: {error or type(error).__name__}"
            ) from None
        finally:
            connection.close()

    def _ended(self) -> EngineError:
        if self._stopped.is_set():
            return EngineError("the engine was stopped")
        status, messages = self.wait(_STOP_SECONDS), self.last_messages()
        self._close()
        return EngineError(f"the engine ended with status {status}: {messages or 'no message'}")

    def _close(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            if process.stdin is not None:
                with suppress(OSError):
                    process.stdin.close()  # the end of its input ends the engine
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            if process.stdout is not None:
                process.stdout.close()
        log, self._log = self._log, None
        if log is not None:
            log.close()
