"""AGENTS.md and the skill: their commands run, and --json is one JSON value."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.optional_packages import write_project

from vermeil.demo.corpus import NEWSWIRE
from vermeil.teacher.replay.server import ReplayServer

ROOT = Path(__file__).resolve().parents[2]
PAGES = ("AGENTS.md", "skills/vermeil/SKILL.md")
BLOCK = re.compile(r"^( *)```sh\n(.*?)^ *```", re.MULTILINE | re.DOTALL)


def commands_of(page: str) -> list[str]:
    text = (ROOT / page).read_text("utf-8")
    blocks = [textwrap.dedent(body) for _, body in BLOCK.findall(text)]
    return [line for block in blocks for line in block.splitlines() if line.strip()]


@pytest.fixture
def project(tmp_path: Path, encoder: Path) -> Iterator[Path]:
    """A project whose teacher replays recorded replies."""
    pytest.importorskip("onnx")
    replies = {"recorded-standard": NEWSWIRE / "replies.standard.jsonl"}
    with ReplayServer(replies, port=0) as teacher:
        write_project(tmp_path, encoder, teacher.base_url)
        with (tmp_path / "vermeil.toml").open("a", encoding="utf-8") as file:
            file.write(f'[student]\nencoder = "{encoder}"\nthreads = 1\n')
            file.write("[blending.budget]\ngold_epochs = 1\nsilver_epochs = 1\n")
        yield tmp_path


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES)
def test_the_commands_run(page: str, project: Path) -> None:
    commands = commands_of(page)
    assert len(commands) >= 5
    programs = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    for command in commands:
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=project,
            env={**os.environ, "PATH": programs, "COLUMNS": "80"},
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        if "--json" in command:
            json.loads(done.stdout)
        if "predict" in command and "-o" not in command:
            assert all("spans" in json.loads(line) for line in done.stdout.splitlines())


def test_the_exit_codes_are_those_of_the_errors() -> None:
    from vermeil import errors

    text = (ROOT / "AGENTS.md").read_text("utf-8")
    found = re.search(r"Exit codes: (.*?)\.\n", text)
    assert found is not None
    named = {name: int(code) for code, name in re.findall(r"(\d) ([^,]+)", found[1])}
    assert named["Hugging Face Hub"] == errors.HubError.exit_code
    assert named["training"] == errors.TrainingError.exit_code
    assert named["data"] == errors.DataError.exit_code


def test_the_skill_has_a_name_and_a_description() -> None:
    text = (ROOT / "skills/vermeil/SKILL.md").read_text("utf-8")
    head = re.match(r"---\nname: ([a-z-]+)\ndescription: (.+)\n---\n", text)
    assert head is not None
    assert head[1] == "vermeil"
    assert len(head[2]) <= 1024
