"""Prediction in an environment of its own that has the deployed packages and nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from vermeil.jobs.export import export
from vermeil.jobs.predict import predict
from vermeil.student.config import StudentConfig
from vermeil.student.student import Student
from vermeil.tasks.protocol import Task

pytest.importorskip("onnx")

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
def test_an_exported_model_predicts_where_there_is_no_torch(
    encoder: Path, task: Task, tmp_path: Path
) -> None:
    student = Student.create(task, StudentConfig(encoder=str(encoder), threads=1), seed=1)
    student.save(tmp_path / "model", {})
    export(tmp_path / "model", tmp_path / "onnx")
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "env"], check=True)
    python = tmp_path / "env/bin/python"
    lock = ROOT / "requirements.deploy.lock"
    for wanted in (("--require-hashes", "-r", str(lock)), ("--no-deps", str(ROOT))):
        installed = subprocess.run(
            [python, "-m", "pip", "install", "-q", *wanted],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert "HASH" not in installed.stderr, installed.stderr
        if installed.returncode:
            pytest.skip(f"packages cannot be had: {installed.stderr.strip().splitlines()[-1]}")
    packages = subprocess.run(
        [python, "-m", "pip", "list", "--format", "freeze"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.lower()
    assert "onnxruntime==" in packages
    assert not [p for p in ("torch==", "transformers==", "onnx==") if f"\n{p}" in packages]
    (tmp_path / "in.txt").write_text("Bo met Al in Rome\n")
    subprocess.run(
        [tmp_path / "env/bin/vermeil", "predict", "onnx", "in.txt", "-o", "out.jsonl", "-q"],
        cwd=tmp_path,
        env=environment,
        check=True,
    )
    from vermeil.corpora import read_corpus
    from vermeil.corpora.config import CorpusConfig

    [found] = read_corpus(CorpusConfig(path=tmp_path / "out.jsonl"))
    [expected] = predict(tmp_path / "model", ["Bo met Al in Rome"], precision="fp32")
    assert [s.key for s in found.spans or ()] == [s.key for s in expected.spans or ()]
