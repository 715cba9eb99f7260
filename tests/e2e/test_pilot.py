"""``vermeil pilot`` against ``vermeil replay``, both as their users have them."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def address(newswire: Path) -> Iterator[str]:
    """Where ``vermeil replay`` serves both recordings."""
    recordings = [
        f"{name}={newswire / f'replies.{prompt}.jsonl'}"
        for name, prompt in (("plain", "standard"), ("thoughtful", "chain_of_thought"))
    ]
    command = [sys.executable, "-m", "vermeil", "replay", *recordings, "--port", "0"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as server:
        assert server.stdout is not None
        try:
            found = None
            while found is None:
                line = server.stdout.readline()
                assert line, "replay ended"
                found = re.search(r"http://127\.0\.0\.1:\d+/v1", line)
            yield found[0]
        finally:
            server.terminate()


@pytest.fixture
def project(tmp_path: Path, newswire: Path) -> Path:
    labels = "".join(f"[task.labels.{name}]\n" for name in ("PER", "ORG", "LOC", "MISC"))
    (tmp_path / "vermeil.toml").write_text(
        f"{labels}[corpora]\ngold = {str(newswire / 'train.jsonl')!r}\n"
        f"test = {str(newswire / 'test.jsonl')!r}\n"
        "[pilot]\ndocuments = 20\nprompts = ['standard']\nmodels = ['plain', 'thoughtful']\n",
        "utf-8",
    )
    return tmp_path


def test_a_pilot_says_which_way_to_ask_and_its_lines_can_be_pasted(
    vermeil: Any, project: Path, address: str
) -> None:
    at = ("--quiet", "--set", f"teacher.base_url={address}")
    done = vermeil("pilot", *at)
    assert done.returncode == 0, done.stderr
    assert "4 variants on 20 gold documents" in done.stdout
    assert "Recommended: " in done.stdout
    pasted = tomllib.loads(done.stdout[done.stdout.index("[teacher]\n") :])
    done = vermeil("pilot", "--json", *at)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    best = report["trials"][report["recommended"]]
    assert pasted["teacher"]["model"] == best["model"]
    assert pasted["teacher"]["prompt"] == best["prompt"]
    assert pasted["teacher"]["demonstrations"]["kind"] == best["demonstrations"]
    assert best["f1"] > 0.7
    assert {trial["states"].get("failed", 0) for trial in report["trials"]} == {0}


def test_dry_run_sends_nothing(vermeil: Any, project: Path) -> None:
    done = vermeil("pilot", "--dry-run", "--set", "teacher.base_url=http://127.0.0.1:9/v1")
    assert done.returncode == 0, done.stderr
    assert "4 variants on 20 gold documents; nothing is sent" in done.stdout
    assert not (project / "vermeil-run" / "replies.sqlite").exists()


def test_a_pilot_needs_gold(vermeil: Any, project: Path) -> None:
    (project / "vermeil.toml").write_text("[task.labels.PER]\n", "utf-8")
    done = vermeil("pilot")
    assert done.returncode == 2
    assert "corpora.gold: missing" in done.stderr
