"""A process whose controlling terminal is a pseudo-terminal, and a person who types on it."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

CTRL_C = "\x03"
WAIT = 240
"""Seconds until a process that prints nothing fails the test."""

_STYLES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
# Makes standard input the controlling terminal, so that Ctrl-C on it sends SIGINT.
_LOGIN = (
    "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); "
    "os.execv(sys.argv[1], sys.argv[1:])"
)


class TerminalProcess:
    """``vermeil`` with input, output and errors on one terminal of 200 columns."""

    def __init__(self, folder: Path, *words: str) -> None:
        self._here, there = pty.openpty()
        command = [sys.executable, "-W", "error", "-m", "vermeil", *words]
        self.process = subprocess.Popen(
            [sys.executable, "-c", _LOGIN, *command],
            cwd=folder,
            env={**os.environ, "COLUMNS": "200", "TERM": "xterm"},
            stdin=there,
            stdout=there,
            stderr=there,
            start_new_session=True,
        )
        os.close(there)
        self.shown, self._at = "", 0

    def wait_for(self, pattern: str) -> re.Match[str]:
        """Return the first match in what is shown from now on."""
        while not (found := re.compile(pattern).search(self.shown, self._at)):
            assert self._read(), self.shown
        self._at = found.end()
        return found

    def type(self, keys: str) -> None:
        """Type keys; a control character acts as its key does."""
        os.write(self._here, keys.encode())

    def end(self) -> int:
        """Read to the end of the process and return its exit code."""
        while self._read():
            pass
        return self.process.wait(WAIT)

    def close(self) -> None:
        """End the process, if it still runs."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(WAIT)
        os.close(self._here)

    def _read(self) -> bool:
        """Append what is shown next; return whether there was anything."""
        ready, _, _ = select.select([self._here], [], [], WAIT)
        part = b""
        if ready:
            with suppress(OSError):  # how Linux reports the end
                part = os.read(self._here, 65536)
        self.shown += _STYLES.sub("", part.decode("utf-8", "replace"))
        return bool(part)


StartTerminal = Callable[..., TerminalProcess]


@pytest.fixture
def start_terminal() -> Iterator[StartTerminal]:
    """Start processes on terminals; what still runs at the end of the test is ended."""
    started: list[TerminalProcess] = []

    def start(folder: Path, *words: str) -> TerminalProcess:
        started.append(TerminalProcess(folder, *words))
        return started[-1]

    yield start
    for one in started:
        one.close()
