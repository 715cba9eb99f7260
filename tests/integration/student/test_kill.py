"""A training process is killed; the next process resumes exactly."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
SCRIPT = [sys.executable, "-m", "tests.integration.student.train_toy"]


def start(encoder: Path, model: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*SCRIPT, str(encoder), str(model), *arguments],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )


def weights(model: Path) -> bytes:
    return (model / "model.safetensors").read_bytes()


@pytest.mark.slow
def test_killed_after_steps_it_ends_with_the_same_weights(encoder: Path, tmp_path: Path) -> None:
    straight, stopped = tmp_path / "straight", tmp_path / "stopped"
    with start(encoder, straight) as process:
        assert process.wait(120) == 0
    for step in ("1", "4", "8"):
        with start(encoder, stopped, step) as process:
            assert process.wait(120) == -signal.SIGKILL
    assert not stopped.exists()
    with start(encoder, stopped) as process:
        assert process.wait(120) == 0
    assert weights(stopped) == weights(straight)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["stopped", "straight"]


@pytest.mark.slow
def test_killed_at_any_moment_it_ends_with_the_same_weights(encoder: Path, tmp_path: Path) -> None:
    straight, stopped = tmp_path / "straight", tmp_path / "stopped"
    with start(encoder, straight) as process:
        assert process.wait(120) == 0
    lines = tmp_path / "stopped.checkpoint" / "training.jsonl"
    for seen, late in ((1, 0.0), (3, 0.003), (5, 0.01)):
        with start(encoder, stopped) as process:
            while process.poll() is None:
                if lines.exists() and lines.read_text().count("\n") >= seen:
                    time.sleep(late)  # into the writing of the checkpoint, perhaps
                    process.kill()
                    break
                time.sleep(0.001)
            process.wait(120)
    with start(encoder, stopped) as process:
        assert process.wait(120) == 0
    assert weights(stopped) == weights(straight)
