"""A study that is killed takes its processes with it, and goes on with what is missing."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from itertools import islice
from pathlib import Path
from typing import Any

import psutil
import pytest
from tests.tiny import make_encoder

CELLS = 8


@pytest.fixture
def project(tmp_path: Path, newswire: Path) -> Path:
    """Gold, silver and test, and a tiny encoder."""
    lines = (newswire / "train.jsonl").read_text("utf-8").splitlines(keepends=True)
    parts = iter(lines)
    for name, number in {"gold": 12, "silver": 20, "test": 10}.items():
        (tmp_path / f"{name}.jsonl").write_text("".join(islice(parts, number)), "utf-8")
    make_encoder(tmp_path / "tiny")
    labels = "".join(f"[task.labels.{name}]\n" for name in ("PER", "ORG", "LOC", "MISC"))
    (tmp_path / "vermeil.toml").write_text(
        f"{labels}[corpora]\ngold = 'gold.jsonl'\nsilver = 'silver.jsonl'\ntest = 'test.jsonl'\n"
        "[student]\nencoder = 'tiny'\nthreads = 1\n[blending.budget]\nwordpieces = 6000\n"
        "[study]\nregimens = ['gold_only', 'silver_only', 'simple_mix', 'sigmoid']\n"
        "seeds = [0, 1]\nresamples = 100\nworkers = 2\n"
    )
    return tmp_path


@pytest.mark.slow
def test_a_killed_study_runs_only_what_is_missing(vermeil: Any, project: Path) -> None:
    cells = project / "vermeil-run/study/cells"
    command = [sys.executable, "-W", "error", "-m", "vermeil", "study", "--quiet"]
    running = subprocess.Popen(command, cwd=project, start_new_session=True)
    try:
        deadline = time.monotonic() + 240
        while not list(cells.glob("*.json")):
            assert running.poll() is None, "the study ended before it could be killed"
            assert time.monotonic() < deadline
            time.sleep(0.02)
        below = psutil.Process(running.pid).children(recursive=True)
    finally:
        running.kill()
        running.wait()
    _, alive = psutil.wait_procs(below, timeout=30)
    assert below
    assert not alive
    before = {path.name: path.read_bytes() for path in cells.glob("*.json")}
    assert 0 < len(before) < CELLS, "it has to be killed half-way"
    assert not (project / "vermeil-run/study/results.json").exists()

    done = vermeil("study", "--quiet", "--json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["reused"] == len(before)
    assert report["ran"] == CELLS - len(before)
    after = {path.name: path.read_bytes() for path in cells.glob("*.json")}
    assert len(after) == CELLS
    assert {name: after[name] for name in before} == before
    assert len(report["cells"]) == CELLS
