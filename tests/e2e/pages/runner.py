"""Run the commands of a page in bash, in a folder that holds what the page takes as given."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.e2e.conftest import environment_of

SECONDS = 600
SERVERS = ("vermeil serve",)
"""Beginnings of commands that serve until Ctrl-C; they run until the end of the page."""


class PageShell:
    """A user's shell at 80 columns.

    Args:
        folder: the folder in which the page begins.
        programs: a folder for the programs ``vermeil`` and ``python``.
    """

    def __init__(self, folder: Path, programs: Path) -> None:
        self.folder = folder
        self._servers: list[subprocess.Popen[str]] = []
        for name, module in {"vermeil": " -W error -m vermeil", "python": ""}.items():
            program = programs / name
            program.parent.mkdir(exist_ok=True)
            program.write_text(f'#!/bin/sh\nexec "{sys.executable}"{module} "$@"\n')
            program.chmod(0o755)
        path = f"{programs}{os.pathsep}{os.environ['PATH']}"
        self.environment = {**environment_of(80), "PATH": path, "VERMEIL_TOKEN": ""}

    def run(self, command: str) -> str:
        """Run a command as it is written; return its output.

        Raises:
            AssertionError: the command failed.
        """
        if command.startswith("cd "):
            self.folder = self.folder / command.removeprefix("cd ")
            assert self.folder.is_dir(), command
            return ""
        if command.startswith(SERVERS):
            return self._serve(command)
        done = subprocess.run(
            ["bash", "--norc", "--noprofile", "-euo", "pipefail", "-c", command],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=SECONDS,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        assert "Traceback" not in done.stderr, f"{command}\n{done.stderr}"
        return done.stdout

    def _serve(self, command: str) -> str:
        """Start a server in its own process group; return the lines until its address."""
        process = subprocess.Popen(
            ["bash", "-c", f"exec {command}"],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._servers.append(process)
        assert process.stderr is not None
        shown, give_up = "", time.monotonic() + SECONDS
        while "http://" not in shown:
            line = process.stderr.readline()
            assert line, f"{command}\n{shown}"
            assert time.monotonic() < give_up, shown
            shown += line
        return shown

    def close(self) -> None:
        """Stop the servers with Ctrl-C.

        Raises:
            AssertionError: a server did not end as after Ctrl-C.
        """
        for process in self._servers:
            process.send_signal(signal.SIGINT)
            errors = process.communicate(timeout=SECONDS)[1]
            assert "Traceback" not in errors, errors
        self._servers = []
