"""Program of an engine process: serves a model on loopback until its parent ends.

The first line of standard input is a JSON object with the settings (`EngineSettings.as_dict`), the
key included, so that no other user sees it in the list of processes. Standard input then stays open
until the parent ends, also if it is killed. The first line of standard output is a JSON object with
the port.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from typing import Any

HOST = "127.0.0.1"
_DEATH_SIGNAL = 1
"""Linux: option PR_SET_PDEATHSIG of prctl."""
_PARENT_POLL_SECONDS = 1.0
_PORT_SECONDS = 60.0


def main() -> int:
    """Serve until the parent ends; return the exit status of the engine."""
    settings = json.loads(sys.stdin.readline())
    child = _Child()
    parent = os.getppid()
    for watch in (lambda: _wait_for_end_of_input(child), lambda: _wait_for_parent(parent, child)):
        threading.Thread(target=watch, daemon=True).start()
    if settings["engine"] == "xllamacpp":
        return _serve_package(settings)
    return _serve_program(settings, child)


class _Child:
    """The program that this process has started, if any."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def start(self, command: list[str], key: str) -> subprocess.Popen[bytes]:
        """Start a program that ends with this process."""
        with self._lock:
            self.process = subprocess.Popen(
                command,
                env={**os.environ, "LLAMA_API_KEY": key},
                stdin=subprocess.DEVNULL,
                stdout=sys.stderr,
                preexec_fn=_end_with_parent if sys.platform == "linux" else None,
            )
        return self.process

    def end(self) -> None:
        """End the program and this process."""
        with self._lock:
            if self.process is not None:
                self.process.kill()
            os._exit(0)


def _serve_package(settings: dict[str, Any]) -> int:
    import xllamacpp

    parameters = xllamacpp.CommonParams()
    parameters.model.path = settings["model"]
    parameters.hostnames = [HOST]
    parameters.port = 0
    parameters.api_keys = [settings["key"]]
    parameters.n_parallel = settings["slots"]
    parameters.n_ctx = settings["slots"] * settings["context"]
    for threads in (parameters.cpuparams, parameters.cpuparams_batch):
        threads.n_threads = settings["threads"]
    # Every slot keeps its own prefix; copies of earlier prompts would take up to 8 GiB.
    parameters.cache_ram_mib = 0
    parameters.warmup = False
    parameters.offline = True
    parameters.ui = False
    parameters.verbosity = 1
    server = xllamacpp.Server(parameters)
    _announce(int(server.listening_address.rsplit(":", 1)[1]))
    threading.Event().wait()
    return 0


def _serve_program(settings: dict[str, Any], child: _Child) -> int:
    with socket.create_server((HOST, 0)) as probe:
        port = probe.getsockname()[1]
    options = {
        "--model": settings["model"],
        "--host": HOST,
        "--port": port,
        "--parallel": settings["slots"],
        "--ctx-size": settings["slots"] * settings["context"],
        "--threads": settings["threads"],
        "--threads-batch": settings["threads"],
    }
    words = [str(word) for option in options.items() for word in option]
    process = child.start([settings["program"], *words, "--jinja"], settings["key"])
    give_up = time.monotonic() + _PORT_SECONDS
    while process.poll() is None and time.monotonic() < give_up:
        with socket.socket() as one:
            if one.connect_ex((HOST, port)) == 0:
                _announce(port)
                break
        time.sleep(0.05)
    return process.wait()


def _announce(port: int) -> None:
    print(json.dumps({"port": port}), flush=True)


def _wait_for_end_of_input(child: _Child) -> None:
    while os.read(sys.stdin.fileno(), 4096):
        pass
    child.end()


def _wait_for_parent(parent: int, child: _Child) -> None:
    """End when the parent has died: a process that it forked may hold its end of the pipe."""
    while os.getppid() == parent:
        time.sleep(_PARENT_POLL_SECONDS)
    child.end()


def _end_with_parent() -> None:
    """Let the operating system end this process with its parent (Linux)."""
    ctypes.CDLL(None).prctl(_DEATH_SIGNAL, signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main())
