"""Help of the command line: verbs grouped by phase, flags without a type, examples to paste."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

PHASES: Mapping[str, tuple[str, ...]] = {
    "Set up": ("init", "check", "doctor", "config", "corpus", "local", "demo"),
    "Annotate": ("pilot", "prompt", "optimize", "rank", "annotate", "locate", "replies", "replay"),
    "Look": ("show", "evaluate"),
    "Improve": ("review", "refine", "select"),
    "Train": ("train", "run", "calibrate"),
    "Compare": ("study", "tune", "plan"),
    "Use": ("predict", "export", "serve", "mcp", "push", "pull"),
}
"""Verbs in the order of their use, by the title of their group in ``vermeil --help``."""

_COMMAND_STARTS = ("vermeil ", "echo ", "VERMEIL_TOKEN", "curl ")

EXAMPLE_WIDTH = 76
"""Columns of an example; a longer command continues on the next line after a backslash."""


def arrange(group: Any) -> None:
    """Put the verbs of the application into phases, and prepare the help of each.

    Args:
        group: the group of typer that holds all verbs.
    """
    phases = {verb: phase for phase, verbs in PHASES.items() for verb in verbs}
    ordered = sorted(group.commands, key=lambda name: _place(name, list(phases)))
    group.commands = {name: group.commands[name] for name in ordered}
    for name, command in group.commands.items():
        command.rich_help_panel = phases.get(name)
        for one in _with_subcommands(command):
            prepare_options(one.get_params(_context(one)))
            if one.epilog:
                one.epilog = format_examples(one.epilog)


def _place(name: str, known: list[str]) -> int:
    return known.index(name) if name in known else len(known)


def _with_subcommands(command: Any) -> Iterator[Any]:
    yield command
    yield from getattr(command, "commands", {}).values()


def _context(command: Any) -> Any:
    return command.context_class(command, help_option_names=["-h", "--help"])


def prepare_options(parameters: Iterable[Any]) -> None:
    """Show flags without a type, since they take no value, and keep brackets in help texts.

    Args:
        parameters: options and arguments of typer; changed in place.
    """
    for parameter in parameters:
        if getattr(parameter, "is_flag", False) and parameter.metavar is None:
            parameter.metavar = ""
        if text := getattr(parameter, "help", None):
            # Rich takes words in brackets for a style and drops them.
            parameter.help = re.sub(r"(?<!\\)\[(?=[a-z])", r"\\[", text)


def format_examples(text: str) -> str:
    """Return the examples of a verb, one per line, so that each can be pasted into a shell.

    Args:
        text: lines; those with a command begin with ``Example:`` or with a program.
    """
    lines = text.replace("\b\n", "").replace("\\\n", " ").strip("\n").split("\n")
    return "\n".join(_format_lines(lines))


def _format_lines(lines: Iterable[str]) -> Iterator[str]:
    prose: list[str] = []
    for line in lines:
        title, colon, command = line.partition("Example: ")
        is_first = bool(colon) and not title
        if is_first:
            yield "Example:"
        if is_first or line.strip().startswith(_COMMAND_STARTS):
            yield from _joined(prose)
            yield from _broken(" ".join((command if is_first else line).split()))
        elif line.strip():
            prose.append(line.strip())
        else:
            yield from (*_joined(prose), "")
    yield from _joined(prose)


def _joined(prose: list[str]) -> list[str]:
    """Return the collected lines of a paragraph as one line, and empty the collection."""
    paragraph = [" ".join(prose)] if prose else []
    prose.clear()
    return paragraph


def _broken(command: str) -> Iterator[str]:
    """Yield the lines of a command, with a backslash where it continues."""
    indent = "  "
    current = indent
    for word in _units(command):
        if len(current) > len(indent) and len(current) + len(word) + 3 > EXAMPLE_WIDTH:
            yield f"{current} \\"
            current = "    " + word
        else:
            current = f"{current} {word}" if current.strip() else indent + word
    yield current


def _units(command: str) -> list[str]:
    """Return the words of a command; an option stays with its value."""
    words = shlex.split(command, posix=False)
    units: list[str] = []
    for word in words:
        if units and units[-1].startswith("-") and " " not in units[-1] and word[0] not in "-|>":
            units[-1] = f"{units[-1]} {word}"
        else:
            units.append(word)
    return units
