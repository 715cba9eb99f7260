"""The training job: defaults, immutability, and the error for calls without one."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import FrozenInstanceError
from pathlib import Path
from typing import Any

import pytest
from tests.toys import sentences

import vermeil
from vermeil.blending.config import BlendingConfig
from vermeil.jobs.config import RunConfig
from vermeil.jobs.train import train
from vermeil.student.config import StudentConfig
from vermeil.tasks.protocol import Task
from vermeil.training.job import TrainJob

NEEDS_A_JOB: list[Callable[..., Any]] = [train, vermeil.refine, vermeil.select]


def test_a_task_is_enough(task: Task) -> None:
    job = TrainJob(task=task)
    assert (job.gold, job.silver, job.dev, job.schedule) == ((), (), (), None)
    assert (job.student, job.blending) == (StudentConfig(), BlendingConfig())
    assert job.seed == RunConfig().seed


def test_a_job_does_not_change(task: Task) -> None:
    documents = sentences(3)
    job = TrainJob(gold=documents, silver=(d for d in documents), task=task)  # type: ignore[arg-type]
    documents.pop()
    assert len(job.gold) == len(job.silver) == 3
    with pytest.raises(FrozenInstanceError):
        job.seed = 1  # type: ignore[misc]


@pytest.mark.parametrize("function", NEEDS_A_JOB, ids=lambda function: function.__name__)
def test_a_call_with_documents_in_place_of_a_job_names_the_new_call(
    function: Callable[..., Any], task: Task, tmp_path: Path
) -> None:
    name = f"vermeil.{function.__name__}"
    documents = sentences(3)
    old: tuple[Any, ...] = (
        documents,
        [],
        task,
        StudentConfig(),
        BlendingConfig(),
        0,
        tmp_path / "model",
    )
    message = (
        rf"{name}: the first argument must be a vermeil\.TrainJob, not list; call {name}\(verm"
    )
    with pytest.raises(TypeError, match=message):
        function(*old)
    with pytest.raises(TypeError, match=message):
        function(documents, tmp_path / "model")
    with pytest.raises(TypeError, match=r"not nothing; .*TrainJob\(gold=…, silver=…, task=…\)"):
        function(gold=documents, task=task)
    assert list(tmp_path.iterdir()) == []


def test_a_job_needs_no_torch() -> None:
    script = """
import sys
from vermeil.tasks import make_task
from vermeil.tasks.config import TaskConfig
from vermeil.training.job import TrainJob
TrainJob(task=make_task(TaskConfig.model_validate({"labels": {"PER": {}}})))
print(sorted(sys.modules.keys() & {"torch", "transformers", "ray"}))
"""
    done = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True
    )
    assert done.stdout == "[]\n"
