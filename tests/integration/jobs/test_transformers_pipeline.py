"""A saved student in plain transformers."""

from __future__ import annotations

from pathlib import Path

import torch
from transformers import pipeline

from vermeil.student.config import StudentConfig
from vermeil.student.student import Student
from vermeil.tasks.protocol import Task


def saved(task: Task, encoder: Path, folder: Path) -> Student:
    student = Student.create(task, StudentConfig(encoder=str(encoder), threads=1), seed=1)
    with torch.no_grad():
        student.network.get_parameter("classifier.weight").mul_(40)
    student.save(folder, {})
    return student


def test_a_cased_student_finds_the_same_words(
    task: Task, cased_encoder: Path, tmp_path: Path
) -> None:
    """The first wordpiece's class of every word, as `aggregation_strategy="first"` reads it."""
    student = saved(task, cased_encoder, tmp_path / "model")
    plain = pipeline("token-classification", str(tmp_path / "model"), device="cpu")
    text = "Bo met Al in Rome"
    classes = {int(piece["start"]): piece["entity"] for piece in plain(text)}
    [encoded] = student.predictor("fp32").predict_proba(
        [next(iter(student.predict([text])))]  # the document as such; its words are what matters
    )
    words, rows = encoded[0].words, encoded[1]
    ours = [task.classes[i] for i in rows.argmax(axis=1)]
    theirs = [classes.get(start, "O") for start, _ in words]
    assert ours == theirs
    assert set(ours) != {"O"}
    assert "Letter case" not in (tmp_path / "model/README.md").read_text()


def test_a_student_that_needs_letter_case_loads_and_its_card_warns(
    task: Task, encoder: Path, tmp_path: Path
) -> None:
    assert saved(task, encoder, tmp_path / "model").uses_letter_case
    plain = pipeline("token-classification", str(tmp_path / "model"), device="cpu")
    assert all(piece["entity"] in task.classes for piece in plain("Bo met Al in Rome"))
    assert "finds fewer names" in (tmp_path / "model/README.md").read_text()
