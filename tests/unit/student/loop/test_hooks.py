"""Callbacks of a training: without torch, and called after every step."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.toys import blending, sentences

from vermeil.student.config import StudentConfig
from vermeil.student.loop.hooks import TrainingHooks
from vermeil.student.loop.step_record import StepRecord
from vermeil.student.student import Student
from vermeil.tasks.protocol import Task
from vermeil.training.fit import train_student

WITHOUT_TORCH = """
import sys
from vermeil.student.loop.hooks import TrainingHooks
TrainingHooks()
sys.exit("torch" in sys.modules or "transformers" in sys.modules)
"""


def test_hooks_are_made_without_torch() -> None:
    assert subprocess.run([sys.executable, "-c", WITHOUT_TORCH], check=False).returncode == 0


class CountingObserver:
    """An observer that is due after every third step and records the steps."""

    def __init__(self) -> None:
        self.observed: list[int] = []

    def is_due(self, step: int) -> bool:
        return step % 3 == 0

    def observe(self, step: int) -> None:
        self.observed.append(step)


def test_callbacks_are_called_after_every_step(encoder: Path, task: Task) -> None:
    student = Student.create(task, StudentConfig(encoder=str(encoder), threads=1), 0)
    corpora = student.encode(sentences(12), "gold"), student.encode([], "silver")
    records: list[StepRecord] = []
    reported: list[tuple[str, int, int | None]] = []
    observer = CountingObserver()
    hooks = TrainingHooks(
        progress=lambda stage, done, total, _: reported.append((stage, done, total)),
        on_step=records.append,
        observer=observer,
    )
    training = train_student(student, *corpora, blending(), 0, hooks)
    steps = len(training.steps)
    assert records == training.steps
    assert reported == [("train", step, steps) for step in range(1, steps + 1)]
    assert observer.observed == [step for step in range(1, steps + 1) if step % 3 == 0]
    assert observer.observed
