from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from vermeil.corpora import write_corpus
from vermeil.corpora.config import CorpusConfig
from vermeil.data.document import Annotation, Document, Span
from vermeil.errors import DataError
from vermeil.jobs.calibrate import calibrate, collect_scores
from vermeil.jobs.evaluate_files import evaluate_files
from vermeil.jobs.predict import predict
from vermeil.student.config import StudentConfig
from vermeil.student.student import Student
from vermeil.tasks.protocol import Task


@pytest.fixture
def model(encoder: Path, task: Task, tmp_path: Path) -> Path:
    student = Student.create(task, StudentConfig(encoder=str(encoder), threads=1), seed=1)
    with torch.no_grad():
        student.network.get_parameter("classifier.weight").mul_(400)  # very sure of itself
    student.save(tmp_path / "model", {})
    return tmp_path / "model"


@pytest.fixture
def half_right(model: Path) -> list[Document]:
    """Gold that agrees with every second document."""
    found = predict(model, [f"Bo met Al{i} in Rome{i}" for i in range(60)], precision="fp32")
    nothing = Annotation(spans=())
    return [d if i % 2 else replace(d, annotation=nothing) for i, d in enumerate(found)]


def test_a_model_that_is_too_sure_becomes_less_so(
    model: Path, half_right: list[Document], tmp_path: Path
) -> None:
    write_corpus(half_right, tmp_path / "dev.jsonl")
    corpus = CorpusConfig(path=tmp_path / "dev.jsonl")
    before = evaluate_files(model, corpus).as_dict()
    report = calibrate(model, half_right)
    after = evaluate_files(model, corpus).as_dict()
    assert report.temperature > 1
    assert report.after.ece < report.before.ece
    assert after.pop("reliability") == report.after.as_dict()
    assert before.pop("reliability") == report.before.as_dict()
    assert after == before  # the spans stay
    assert calibrate(model, half_right).temperature == report.temperature


def test_a_span_with_another_label_or_boundary_is_not_correct(task: Task) -> None:
    gold = Annotation((Span(0, 3, "PER"), Span(8, 12, "LOC")))
    predicted = Annotation(
        (Span(0, 3, "LOC", score=0.9), Span(8, 12, "LOC", score=0.8), Span(8, 11, "LOC", score=0.7))
    )
    scores, correct = collect_scores(task, [(gold, predicted), (Annotation(()), predicted)])
    assert scores == [0.9, 0.7, 0.8] * 2
    assert correct == [False, False, True, False, False, False]


def test_too_few_spans_are_an_error(model: Path, encoder: Path, topics: Task) -> None:
    with pytest.raises(DataError, match="at least 20"):
        calibrate(model, [Document("d", "Bo")])
