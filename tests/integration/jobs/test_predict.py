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
        student.network.get_parameter("classifier.weight").mul_(40)
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


@pytest.mark.parametrize("name", ["out.jsonl", "out.jsonl.gz"])
def test_finished_prediction_is_not_repeated(model: Path, tmp_path: Path, name: str) -> None:
    output = tmp_path / name
    predict_file(model, documents(5), output, resume=True)
    content, written = output.read_bytes(), output.stat().st_mtime_ns
    report = predict_file(model, iter(documents(5)), output, resume=True)
    assert report.as_dict() == {"documents": 5, "resumed": 5}
    assert (output.read_bytes(), output.stat().st_mtime_ns) == (content, written)
    for others in (documents(4), documents(6), documents(6)[1:]):
        with pytest.raises(DataError, match="holds predictions for other documents"):
            predict_file(model, others, output, resume=True)
    report = predict_file(model, documents(6), output, resume=True, overwrite=True)
    assert report.as_dict() == {"documents": 6, "resumed": 0}
    assert predict_file(model, documents(6), output, resume=True).resumed == 6


def test_finished_file_of_another_model_or_a_changed_one_is_not_taken_for_finished(
    model: Path, tmp_path: Path
) -> None:
    output = tmp_path / "out.jsonl"
    predict_file(model, documents(5), output, resume=True)
    with pytest.raises(DataError, match="exists already"):
        predict_file(model, documents(5), output, precision="fp32", resume=True)
    output.write_bytes(output.read_bytes().replace(b"Bo", b"Ed", 1))
    with pytest.raises(DataError, match="exists already"):
        predict_file(model, documents(5), output, resume=True)
