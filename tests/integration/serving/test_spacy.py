"""A student in a spaCy pipeline, found by its entry point."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest
import torch

from vermeil.jobs.predict import predict
from vermeil.student.config import StudentConfig
from vermeil.student.student import Student
from vermeil.tasks.protocol import Task

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # warnings of spaCy's dependencies on import
    spacy = pytest.importorskip("spacy")

TEXTS = ["Bo met Al in Rome.", "", "Cy sang"]


@pytest.fixture
def model(encoder: Path, task: Task, tmp_path: Path) -> Path:
    student = Student.create(task, StudentConfig(encoder=str(encoder), threads=1), seed=1)
    with torch.no_grad():
        student.network.get_parameter("classifier.weight").mul_(40)
    student.save(tmp_path / "model", {})
    return tmp_path / "model"


def test_spacy_spans_equal_predictions(model: Path) -> None:
    nlp = spacy.blank("en")
    nlp.add_pipe("vermeil", config={"model": str(model)})
    expected = [
        [(s.start, s.end, s.label, s.score) for s in d.spans or ()] for d in predict(model, TEXTS)
    ]
    found = [
        [(e.start_char, e.end_char, e.label_, e._.vermeil_score) for e in doc.ents]
        for doc in nlp.pipe(TEXTS)
    ]
    assert found == expected
    assert any(found)
    assert [e.text for e in nlp(TEXTS[0]).ents] == [TEXTS[0][a:b] for a, b, *_ in expected[0]]


def test_labels_of_texts_become_categories(encoder: Path, topics: Task, tmp_path: Path) -> None:
    student = Student.create(topics, StudentConfig(encoder=str(encoder), threads=1), seed=1)
    student.save(tmp_path / "model", {})
    nlp = spacy.blank("en")
    nlp.add_pipe("vermeil", config={"model": str(tmp_path / "model")})
    doc = nlp("a game")
    assert sorted(doc.cats) == ["sport", "trade"]
    assert sum(doc.cats.values()) == pytest.approx(1, abs=1e-3)
    assert doc.ents == ()
