"""What README.md tells people to type exists; what it shows as configuration is valid."""

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer.main

from vermeil.cli.app import app
from vermeil.config import load_config
from vermeil.corpora import read_corpus
from vermeil.corpora.config import CorpusConfig

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def blocks(language: str, page: Path) -> list[str]:
    return [body for name, body in BLOCK.findall(page.read_text("utf-8")) if name == language]


def commands(program: str) -> list[list[str]]:
    """Every call of a program in the shell blocks of all pages, as arguments."""
    found = []
    for page in PAGES:
        for block in blocks("sh", page):
            for line in block.replace("\\\n", " ").splitlines():
                for part in re.split(r"\||&&|>", line):
                    words = shlex.split(part, comments=True)
                    if words and Path(words[0]).name == program:
                        found.append(words[1:])
    return found


VERMEIL_COMMANDS = commands("vermeil")


def parse(command: Any, arguments: list[str], name: str) -> None:
    """Parse arguments without running anything or looking for files."""
    if hasattr(command, "commands"):
        verb, rest = arguments[0], arguments[1:]
        assert verb in command.commands, f"{name} has no verb {verb!r}"
        parse(command.commands[verb], rest, f"{name} {verb}")
    else:
        context = command.context_class(command, info_name=name)
        _, left_over, _ = command.make_parser(context).parse_args(list(arguments))
        assert not left_over, f"{name} does not take {left_over}"


@pytest.mark.parametrize("arguments", VERMEIL_COMMANDS, ids=" ".join)
def test_documented_command_is_one_that_the_command_line_knows(arguments: list[str]) -> None:
    parse(typer.main.get_command(app), arguments, "vermeil")


def test_readme_shows_the_main_verbs() -> None:
    verbs = {arguments[0] for arguments in VERMEIL_COMMANDS}
    assert verbs >= {"init", "check", "run", "annotate", "locate", "train", "evaluate", "predict"}


def test_documented_make_targets_exist() -> None:
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {word for words in commands("make") for word in words if "=" not in word}
    assert {"demo", "test"} <= named <= targets


def test_readme_configuration_is_valid(tmp_path: Path) -> None:
    path = tmp_path / "vermeil.toml"
    path.write_text("\n".join(blocks("toml", ROOT / "README.md")), "utf-8")
    config = load_config(path)
    assert list(config.task.labels) == ["DRUG", "DOSE"]
    assert config.corpora.pool is not None
    assert not config.teacher.allow_remote


def test_readme_record_is_one_that_can_be_read(tmp_path: Path) -> None:
    (record,) = re.findall(r"`(\{\"id\".*?\})`;", (ROOT / "README.md").read_text("utf-8"))
    path = tmp_path / "one.jsonl"
    path.write_text(record + "\n", "utf-8")
    (document,) = read_corpus(CorpusConfig(path=path))
    assert document.id == json.loads(record)["id"]
    assert document.spans
    assert document.text[document.spans[0].start : document.spans[0].end] == "Ada"


def shell_lines() -> list[str]:
    """Return every line of the shell blocks of all pages, and of the examples of ``--help``."""
    lines = [
        line
        for page in PAGES
        for block in blocks("sh", page)
        for line in block.replace("\\\n", " ").splitlines()
    ]
    pending: list[Any] = [typer.main.get_command(app)]
    while pending:
        command = pending.pop()
        pending += getattr(command, "commands", {}).values()
        lines += re.findall(r"vermeil .*", (command.epilog or "").replace("\\\n", " "))
    return [line for line in lines if line.strip()]


@pytest.mark.parametrize("line", shell_lines())
def test_shell_line_needs_no_globbing(line: str) -> None:
    """zsh fails on unquoted brackets that match no file, and bash removes their quotes."""
    words = shlex.split(line.partition(" #")[0], posix=False)
    assert [word for word in words if set(word) & set("[]*?") and word[0] not in "'\""] == []
