"""Prediction into a file, interrupted and taken up again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from vermeil.data.document import Document
from vermeil.errors import DataError
from vermeil.jobs.predict import predict_file
from vermeil.student.config import StudentConfig
from vermeil.student.inference.predictor import BLOCK_DOCUMENTS
from vermeil.student.student import Student
from vermeil.tasks.protocol import Task


@pytest.fixture
def model(encoder: Path, task: Task, tmp_path: Path) -> Path:
    student = Student.create(task, StudentConfig(encoder=str(encoder), threads=1), seed=1)
    with torch.no_grad():
        student.network.classifier.weight.mul_(40)
    student.save(tmp_path / "model", {})
    return tmp_path / "model"


def documents(number: int) -> list[Document]:
    return [Document(f"d{i}", f"Bo met Al {i % 7}") for i in range(number)]


def interrupted(number: int) -> Iterator[Document]:
    yield from documents(number)
    raise OSError("the disk went away")


def test_an_interrupted_prediction_is_resumed(model: Path, tmp_path: Path) -> None:
    done, output = BLOCK_DOCUMENTS, tmp_path / "out.jsonl"
    with pytest.raises(OSError, match="went away"):
        predict_file(model, interrupted(done + 2), output, resume=True)
    assert not output.exists()
    progress: list[int] = []
    report = predict_file(
        model, documents(done + 9), output, lambda _, n, *__: progress.append(n), resume=True
    )
    assert report.as_dict() == {"documents": done + 9, "resumed": done}
    assert progress == [done + 9]
    predict_file(model, documents(done + 9), tmp_path / "whole.jsonl")
    assert output.read_text() == (tmp_path / "whole.jsonl").read_text()


def test_other_documents_are_refused(model: Path, tmp_path: Path) -> None:
    done, output = BLOCK_DOCUMENTS, tmp_path / "out.jsonl"
    with pytest.raises(OSError, match="went away"):
        predict_file(model, interrupted(done), output, resume=True)
    with pytest.raises(DataError, match="now has document 'd1'"):
        predict_file(model, documents(done)[1:], output, resume=True)
    with pytest.raises(DataError, match="now has no document"):
        predict_file(model, documents(3), output, resume=True)
