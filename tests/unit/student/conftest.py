from __future__ import annotations

from pathlib import Path

import pytest
import torch

from vermeil.student.config import StudentConfig
from vermeil.student.student import Student
from vermeil.tasks.protocol import Task


@pytest.fixture
def student(encoder: Path, task: Task) -> Student:
    """An untrained student that finds something, with short windows."""
    config = StudentConfig(encoder=str(encoder), max_wordpieces=24, overlap=8, threads=1)
    student = Student.create(task, config, seed=1)
    with torch.no_grad():
        student.network.get_parameter("classifier.weight").mul_(40)
    return student
