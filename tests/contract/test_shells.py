"""Commands of README, docs and ``--help`` reach Vermeil unchanged through bash and zsh."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import typer.main

from vermeil.cli.app import app
from vermeil.cli.ui.help import format_examples

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
PRELUDE = """
vermeil() { printf 'vermeil'; for word in "$@"; do printf '\\t%s' "$word"; done; printf '\\n'; }
"""
SHELLS = {"bash": ("bash", "--norc", "--noprofile"), "zsh": ("zsh", "--no-rcs")}


def documented_commands() -> list[str]:
    """Return every command of Vermeil in shell blocks and examples, without what follows a pipe."""
    texts = [block for page in PAGES for block in BLOCK.findall(page.read_text("utf-8"))]
    pending: list[Any] = [typer.main.get_command(app)]
    while pending:
        command = pending.pop()
        pending += getattr(command, "commands", {}).values()
        texts.append(format_examples(command.epilog or ""))
    lines = [line for text in texts for line in text.replace("\\\n", " ").splitlines()]
    starts = (line.strip() for line in lines)
    return sorted({line for line in starts if line.startswith("vermeil ") and ">" not in line})


COMMANDS = documented_commands()


def test_there_are_commands_to_try() -> None:
    assert len(COMMANDS) > 60


@pytest.mark.parametrize("shell", SHELLS)
def test_shell_passes_every_documented_command_as_it_is_written(shell: str, tmp_path: Path) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed, so its rules for words are not tried")
    script = PRELUDE + "\n".join(COMMANDS) + "\n"
    done = subprocess.run(
        SHELLS[shell], input=script, capture_output=True, text=True, cwd=tmp_path, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    received = [line.split("\t") for line in done.stdout.splitlines()]
    assert received == [shlex.split(line, comments=True) for line in COMMANDS]
