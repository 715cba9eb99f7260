"""Data-parallel training: two processes give the same result as one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.integration.student.test_kill import ROOT, start

from vermeil.jobs.predict import predict

SETTINGS = ["0", "dropout=0", "precision=fp32"]


def together(encoder: Path, model: Path, *settings: str) -> subprocess.CompletedProcess[str]:
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    script = ["--nproc-per-node", "2", "-m", "tests.integration.student.train_toy"]
    return subprocess.run(
        [*launcher, *script, str(encoder), str(model), *settings],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )


@pytest.mark.slow
def test_two_processes_learn_what_one_learns(encoder: Path, tmp_path: Path) -> None:
    from safetensors.numpy import load_file

    one, two = tmp_path / "one", tmp_path / "two"
    with start(encoder, one, *SETTINGS) as process:
        assert process.wait(120) == 0
    done = together(encoder, two, *SETTINGS)
    assert done.returncode == 0, done.stderr
    expected, found = (load_file(model / "model.safetensors") for model in (one, two))
    assert set(expected) == set(found)
    for name, array in expected.items():
        assert abs(array - found[name]).max() < 1e-4, name
    assert sorted(p.name for p in tmp_path.iterdir()) == ["one", "two"]
    text = "Al went to Lima today"
    [a], [b] = (predict(model, [text]) for model in (one, two))
    assert [s.key for s in a.spans or ()] == [s.key for s in b.spans or ()]


@pytest.mark.slow
def test_two_processes_that_were_killed_go_on(encoder: Path, tmp_path: Path) -> None:
    straight, stopped = tmp_path / "straight", tmp_path / "stopped"
    assert together(encoder, straight).returncode == 0
    killed = together(encoder, stopped, "4")
    assert killed.returncode != 0
    assert not stopped.exists()
    done = together(encoder, stopped)
    assert done.returncode == 0, done.stderr
    files = [(model / "model.safetensors").read_bytes() for model in (straight, stopped)]
    assert files[0] == files[1]
