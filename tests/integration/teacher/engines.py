"""Inference engines as processes of their own."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

CLEAN = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "PYTHONWARNINGS")}
CLEAN["HF_HUB_OFFLINE"] = "1"


@contextmanager
def serving(command: Callable[[int], Sequence[str | Path]], log: Path) -> Iterator[str]:
    """Start an engine, given its command for a port, and give its base URL once it listens."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with log.open("w") as out:
        process = subprocess.Popen(list(command(port)), stdout=out, stderr=out, env=CLEAN)
    try:
        _wait_for(port, process, log)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        process.terminate()
        process.wait(30)


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    give_up = time.monotonic() + 120
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except OSError:
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < give_up, log.read_text()
            time.sleep(0.1)
