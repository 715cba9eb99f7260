"""From a student to a file of predictions without torch, as its users type it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from vermeil.student.config import StudentConfig
from vermeil.student.student import Student
from vermeil.tasks.protocol import Task

pytest.importorskip("onnx")


@pytest.mark.slow
def test_calibrate_export_predict(vermeil: Any, encoder: Path, task: Task, tmp_path: Path) -> None:
    student = Student.create(task, StudentConfig(encoder=str(encoder), threads=1), seed=1)
    with torch.no_grad():
        student.network.get_parameter("classifier.weight").mul_(40)
    student.save(tmp_path / "model", {})
    (tmp_path / "in.txt").write_text("".join(f"Bo{i} met Al in Rome\n" for i in range(40)))
    exact = ("--precision", "fp32")
    assert vermeil("predict", "model", "in.txt", "-o", "dev.jsonl", *exact).returncode == 0

    done = vermeil("calibrate", "model", "dev.jsonl", "--json", "-q")
    assert (done.returncode, json.loads(done.stdout)["temperature"] < 1) == (0, True)

    refused = vermeil(
        "export", "model", "--int8", "--check", "dev.jsonl", "--limit", "0", "--per-tensor"
    )
    assert refused.returncode in (0, 6)
    assert ("limit" in refused.stderr) == (refused.returncode == 6)
    (tmp_path / "few.txt").write_text("Bo met Al in Rome\n")
    assert vermeil("predict", "model", "few.txt", "-o", "few.jsonl", *exact).returncode == 0
    few = ("export", "model", "--int8", "--check", "few.jsonl", "--limit", "1")
    lenient = vermeil(*few, "--agreement", "0")
    assert lenient.returncode == 0, lenient.stderr
    assert "agreement with fp32" in lenient.stdout
    strict = vermeil(*few, "--agreement", "0.99", "--json")
    assert "warning: the documents of --check are too few to decide" in strict.stderr
    assert "300 are needed" in json.loads(strict.stdout)["undecided"]
    assert vermeil("export", "model", "--int8").returncode == 2

    assert vermeil("predict", "model-onnx", "-", "--resume", stdin="Bo\n").returncode == 2
    options = (*exact, "--resume", "-o", "out.jsonl.gz")
    assert vermeil("predict", "model-onnx", "in.txt", *options).returncode == 0
    done = vermeil("evaluate", "out.jsonl.gz", "dev.jsonl", "--json")
    report = json.loads(done.stdout)
    assert report["overall"]["f1"] > 0.99
    assert report["reliability"]["number"] > 0
