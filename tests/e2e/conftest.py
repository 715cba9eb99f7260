"""The command line as its users have it: a process of its own."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeAlias

import pytest

Done: TypeAlias = "subprocess.CompletedProcess[str]"
Vermeil: TypeAlias = Callable[..., Done]

STYLES = re.compile(r"\x1b\[[0-9;]*m")
SECONDS = 300


def command(*arguments: str | Path) -> list[str]:
    """Return the command line of a verb; warnings are errors in it."""
    return [sys.executable, "-W", "error", "-m", "vermeil", *map(str, arguments)]


def environment_of(columns: int) -> dict[str, str]:
    """Return this process's environment without keys of teachers, and so many columns."""
    clean = {k: v for k, v in os.environ.items() if k != "OPENAI_API_KEY"}
    return {**clean, "COLUMNS": str(columns)}


@pytest.fixture
def vermeil(tmp_path: Path) -> Vermeil:
    """Run ``vermeil`` with arguments, in a folder of its own."""

    def run(
        *arguments: str | Path, stdin: str = "", environment: Mapping[str, str] | None = None
    ) -> Done:
        return subprocess.run(
            command(*arguments),
            cwd=tmp_path,
            env={**environment_of(200), **(environment or {})},
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=SECONDS,
        )

    return run


@pytest.fixture
def terminal(tmp_path: Path) -> Vermeil:
    """Run ``vermeil`` with its standard output on a terminal of 80 columns; styles are removed."""

    def run(*arguments: str | Path) -> Done:
        done = on_terminal(command(*arguments), tmp_path, tmp_path / "terminal.stderr")
        done.stdout = STYLES.sub("", done.stdout)
        return done

    return run


def on_terminal(line: list[str], folder: Path, errors_file: Path) -> Done:
    """Run a command line in a folder with its standard output on a terminal of 80 columns.

    Args:
        line: the command line.
        folder: the folder.
        errors_file: receives standard error.
    """
    here, there = pty.openpty()
    try:
        with errors_file.open("wb") as errors:
            running = subprocess.Popen(
                line,
                cwd=folder,
                env={**environment_of(80), "TERM": "xterm"},
                stdin=subprocess.DEVNULL,
                stdout=there,
                stderr=errors,
            )
        os.close(there)
        shown = _read_to_end(here)
        status = running.wait(SECONDS)
    finally:
        os.close(here)
    text = shown.decode().replace("\r\n", "\n")
    return subprocess.CompletedProcess(line, status, text, errors_file.read_text("utf-8"))


def _read_to_end(descriptor: int) -> bytes:
    """Read from a terminal until the process at its other end is gone."""
    parts = []
    while True:
        try:
            part = os.read(descriptor, 65536)
        except OSError:  # how Linux reports the end
            break
        if not part:
            break
        parts.append(part)
    return b"".join(parts)
