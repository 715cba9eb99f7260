"""The warning of a training that has not finished learning."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from rich.console import Console
from tests.toys import blending, sentences

from vermeil.demo.console import DemoConsole
from vermeil.demo.narration import show_model
from vermeil.jobs.train import TrainReport, train
from vermeil.pipeline.stages import STAGES
from vermeil.student.config import StudentConfig
from vermeil.tasks.protocol import Task
from vermeil.training.job import TrainJob


def trained(
    encoder: Path, task: Task, folder: Path, epochs: float, *, dev: bool = True, **student: object
) -> TrainReport:
    settings = {"encoder": str(encoder), "threads": 1, "learning_rate": 0.01, **student}
    documents = sentences(24)
    job = TrainJob(
        gold=documents,
        dev=documents[:8] if dev else (),
        task=task,
        student=StudentConfig.model_validate(settings),
        blending=blending(epochs=epochs),
    )
    report = train(job, folder / "model")
    assert json.loads((folder / "model/training.json").read_text()) == report.record
    return report


def test_a_finished_training_has_no_warning(encoder: Path, task: Task, tmp_path: Path) -> None:
    report = trained(encoder, task, tmp_path, epochs=20)
    assert report.record["dev_f1"] > 0.9
    assert report.record["warnings"] == []
    assert STAGES["train"].warning(report.as_dict()) is None


def test_a_falling_loss_is_a_warning_with_a_budget(
    encoder: Path, task: Task, tmp_path: Path
) -> None:
    report = trained(encoder, task, tmp_path, epochs=2, dev=False)
    [warning] = report.record["warnings"]
    spent = report.record["wordpieces"]
    assert "not finished learning: the training loss still falls" in warning
    assert "try a budget of" in warning
    assert f"blending.budget; this training used {spent:,}" in warning
    assert STAGES["train"].warning(report.as_dict()) == warning


@pytest.mark.parametrize("select", ["last", "best_dev"])
def test_a_dev_f1_near_0_is_a_warning_although_the_loss_is_flat(
    encoder: Path, task: Task, tmp_path: Path, select: str
) -> None:
    report = trained(encoder, task, tmp_path, epochs=4, learning_rate=1e-9, select=select)
    assert report.record["dev_f1"] < 0.05
    [warning] = report.record["warnings"]
    assert "not finished learning: the best dev F1 is 0.0" in warning


def test_dev_without_annotation_is_not_scored(encoder: Path, task: Task, tmp_path: Path) -> None:
    assert "dev_f1" not in trained(encoder, task, tmp_path, epochs=1, dev=False).record


def test_the_demo_prints_the_warnings_of_its_model(task: Task) -> None:
    written = io.StringIO()
    console = DemoConsole(Console(file=written, width=200))
    show_model(console, [], task, ["not finished learning: the best dev F1 is 0.010"])
    show_model(console, [], task, [])
    assert written.getvalue().count("Warning: not finished learning") == 1
