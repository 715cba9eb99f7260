"""Program of an engine process: serves a model on loopback until its parent ends.

The first line of standard input is a JSON object with the fields of `EngineSettings`, the key
included, so that no other user sees it in the list of processes. Standard input then stays open
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
_PORT_POLL_SECONDS = 0.05


def main() -> int:
    """Serve until the parent ends; return the exit status of the engine."""
    settings = json.loads(sys.stdin.readline())
    parent = os.getppid()
    if settings["engine"] == "xllamacpp":
        _end_with(parent)
        return _serve_package(settings)
    return _serve_program(settings, parent)


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
    # Every slot keeps its own prefix. Copies of earlier prompts would need 8 GiB of memory.
    parameters.cache_ram_mib = 0
    parameters.offline = True
    parameters.ui = False
    parameters.verbosity = 1
    try:
        server = xllamacpp.Server(parameters)
    except RuntimeError as error:  # the engine has written the cause
        print(error, file=sys.stderr)
        return 1
    _announce(int(server.listening_address.rsplit(":", 1)[1]))
    threading.Event().wait()
    return 0


def _serve_program(settings: dict[str, Any], parent: int) -> int:
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
    process = subprocess.Popen(
        [settings["program"], *words, "--jinja"],
        env={**os.environ, "LLAMA_API_KEY": settings["key"]},
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr,
        # No thread has been started yet.
        preexec_fn=_end_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509
    )
    _end_with(parent, process)
    while process.poll() is None:
        with socket.socket() as one:
            if one.connect_ex((HOST, port)) == 0:
                _announce(port)
                break
        time.sleep(_PORT_POLL_SECONDS)
    return process.wait()


def _announce(port: int) -> None:
    print(json.dumps({"port": port}), flush=True)


def _end_with(parent: int, child: subprocess.Popen[bytes] | None = None) -> None:
    """End this process, and first its child, when the parent has ended."""

    def end() -> None:
        if child is not None:
            child.kill()
        os._exit(0)

    def wait_for_end_of_input() -> None:
        while os.read(sys.stdin.fileno(), 4096):
            pass
        end()

    def wait_for_parent() -> None:
        # A process that the parent has forked may hold its end of the pipe.
        while os.getppid() == parent:
            time.sleep(_PARENT_POLL_SECONDS)
        end()

    for watch in (wait_for_end_of_input, wait_for_parent):
        threading.Thread(target=watch, daemon=True).start()


def _end_with_parent() -> None:
    """Let the operating system end this process with its parent (Linux)."""
    ctypes.CDLL(None).prctl(_DEATH_SIGNAL, signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main())
