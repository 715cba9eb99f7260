"""Train on the toy corpus; with STEP the process kills itself after that step.

Usage: train_toy.py ENCODER MODEL [STEP] [KEY=VALUE …], with settings of the student as values.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.toys import blending, sentences

from vermeil.jobs.train import train
from vermeil.student.config import StudentConfig
from vermeil.tasks import make_task
from vermeil.tasks.config import TaskConfig
from vermeil.training.job import TrainJob


def main(encoder: str, model: str, kill_at: str = "0", *settings: str) -> None:
    def progress(
        stage: str, done: int, total: int | None, detail: Mapping[str, float | int | str]
    ) -> None:
        if done == int(kill_at) and "loss" in detail:
            os.kill(os.getpid(), signal.SIGKILL)

    task = make_task(TaskConfig.model_validate({"labels": {"PER": {}, "LOC": {}}}))
    given = dict(setting.split("=", 1) for setting in settings)
    config = StudentConfig.model_validate(
        {"encoder": encoder, "threads": 1, "checkpoint_seconds": 0, **given}
    )
    job = TrainJob(
        gold=sentences(24), task=task, student=config, blending=blending(epochs=3), seed=5
    )
    train(job, Path(model), progress)


if __name__ == "__main__":
    main(*sys.argv[1:])
