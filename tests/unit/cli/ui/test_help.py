import re
import shlex
import subprocess
import sys
from typing import Any

import pytest
import typer.main

from vermeil.cli.app import app
from vermeil.cli.ui.help import PHASES, format_examples

COMMANDS: Any = typer.main.get_command(app)


def shown(*arguments: str, columns: int = 80) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "vermeil", *arguments, "--help"],
        capture_output=True,
        text=True,
        check=True,
        env={"COLUMNS": str(columns), "PYTHONPATH": ":".join(sys.path), "PATH": "/usr/bin:/bin"},
    )
    return done.stdout


def every_command() -> list[Any]:
    groups = list(COMMANDS.commands.values())
    return [*groups, *(one for group in groups for one in getattr(group, "commands", {}).values())]


def test_every_verb_is_in_exactly_one_phase() -> None:
    named = [verb for verbs in PHASES.values() for verb in verbs]
    assert sorted(named) == sorted(COMMANDS.commands)


def test_help_lists_phases_in_order_and_no_type_of_a_flag() -> None:
    text = shown()
    places = [text.index(f"─ {phase} ─") for phase in PHASES]
    assert places == sorted(places)
    assert "<bool>" not in text
    assert max(map(len, text.splitlines())) <= 80


def test_defaults_in_brackets_are_shown() -> None:
    assert "[default: plan.budget]" in shown("plan")


@pytest.mark.parametrize("command", every_command(), ids=lambda one: one.name)
def test_example_fits_80_columns_and_is_a_command(command: Any) -> None:
    lines = (command.epilog or "").split("\n")
    commands = [line for line in lines if re.match(r" +\S", line)]
    assert commands
    assert max(map(len, commands)) <= 78
    for line in "\n".join(commands).replace("\\\n", " ").split("\n"):
        assert shlex.split(line)


def test_long_example_continues_after_a_backslash() -> None:
    long = "Example: vermeil study " + " ".join(f"--set study.key_{i}={i}" for i in range(6))
    text = format_examples(long)
    assert text.startswith("Example:\n  vermeil study --set study.key_0=0")
    assert " \\\n" in text
    joined = " ".join(text.removeprefix("Example:\n").replace("\\\n", " ").split())
    assert joined == long.removeprefix("Example: ")


def test_paragraph_in_examples_is_one_line() -> None:
    text = "Example: vermeil check\n\nFormats: a,\nb and\nc."
    assert format_examples(text) == "Example:\n  vermeil check\n\nFormats: a, b and c."
