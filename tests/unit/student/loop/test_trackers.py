from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

import pytest
from tests.toys import blending, sentences

from vermeil.errors import ConfigError
from vermeil.jobs.train import train
from vermeil.student.config import StudentConfig
from vermeil.student.loop.step_record import StepRecord
from vermeil.student.loop.trackers import open_tracker
from vermeil.tasks.protocol import Task
from vermeil.training.job import TrainJob


def test_a_line_holds_what_there_is() -> None:
    record = StepRecord(1, 0.5, 1.0, 1e-3, 128, 1000.0, 2.0)
    assert json.loads(record.as_line()) == {
        "step": 1, "loss": 0.5, "gold_share": 1.0, "learning_rate": 1e-3, "wordpieces": 128,
        "wordpieces_per_second": 1000.0, "seconds": 2.0,
    }  # fmt: skip


@pytest.mark.parametrize("tracker", ["tensorboard", "mlflow"])
def test_a_tracker_that_is_not_installed_is_named(
    tracker: Literal["tensorboard", "mlflow"], encoder: Path, task: Task, tmp_path: Path
) -> None:
    if find_spec(tracker) is not None:
        pytest.skip(f"{tracker} is installed")
    config = StudentConfig(encoder=str(encoder), tracker=tracker, threads=1)
    job = TrainJob(gold=sentences(2), task=task, student=config, blending=blending())
    with pytest.raises(ConfigError, match=f"pip install {tracker}"):
        train(job, tmp_path / "model")


def test_no_tracker_takes_everything_and_writes_nothing(tmp_path: Path) -> None:
    with open_tracker("none", tmp_path / "here") as watch:
        watch(StepRecord(1, 0.5, 1.0, 1e-3, 128))
    assert list(tmp_path.iterdir()) == []
