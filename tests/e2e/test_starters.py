"""``vermeil init --template``: the printed commands lead to a trained model, without a network."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from vermeil.config import load_config
from vermeil.config.starters import STARTERS, starter_files
from vermeil.corpora import CorpusConfig, read_corpus
from vermeil.tasks import make_task

FILES = {"vermeil.toml", "guidelines.md", "gold.jsonl", "test.jsonl", "pool.txt"}


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a verb in a folder, with the Hub switched off."""
    return subprocess.run(
        [sys.executable, "-m", "vermeil", *words],
        cwd=folder,
        env={**os.environ, "HF_HUB_OFFLINE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def printed_commands(text: str) -> list[list[str]]:
    """Return the words of the commands that a verb printed as next steps."""
    marks = ("next: vermeil ", "  or: vermeil ")
    lines = [line for line in text.splitlines() if line.startswith(marks)]
    return [shlex.split(line.partition("vermeil ")[2]) for line in lines]


@pytest.mark.parametrize("name", STARTERS)
def test_sample_fits_the_labels(name: str, tmp_path: Path) -> None:
    for file, text in starter_files(name, "ollama").items():
        (tmp_path / file).write_text(text, "utf-8")
    config = load_config(tmp_path / "vermeil.toml")
    task = make_task(config.task)
    assert config.task.guidelines.startswith("# ")
    used: set[str] = set()
    for part in ("gold", "test"):
        corpus = CorpusConfig(path=tmp_path / f"{part}.jsonl")
        for document in read_corpus(corpus, task.check):
            used.update(document.annotation.labels or ())
            used.update(span.label for span in document.spans or ())
    assert used == set(config.task.labels)


def test_own_files_are_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "gold.jsonl").write_text("mine", "utf-8")
    refused = run(tmp_path, "init", "--template", "legal", "--overwrite")
    assert refused.returncode == 3
    assert "exists already; name a new folder" in refused.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["gold.jsonl"]
    combined = run(tmp_path, "init", "new", "--template", "legal", "--labels", "A")
    assert combined.returncode == 2
    assert "leave out --labels" in combined.stderr


@pytest.mark.slow
@pytest.mark.parametrize("name", STARTERS)
def test_printed_commands_train_a_model(name: str, tmp_path: Path) -> None:
    made = run(tmp_path, "init", name, "--template", name)
    assert made.returncode == 0, made.stderr
    assert {path.name for path in (tmp_path / name).iterdir()} == FILES
    commands = printed_commands(made.stderr)
    assert [words[0] for words in commands] == ["check", "run"]
    for words in commands:
        done = run(tmp_path, *words)
        assert done.returncode == 0, done.stderr
    model = f"{name}/vermeil-run/model"
    scored = run(tmp_path, "evaluate", model, f"{name}/gold.jsonl", "--json", "-q")
    assert json.loads(scored.stdout)["overall"]["f1"] > 0.8, "the sample was not learnt"
