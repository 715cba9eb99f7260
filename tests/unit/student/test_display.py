"""Representations of a student in a console and in a notebook."""

from __future__ import annotations

from vermeil.student.config import StudentConfig
from vermeil.student.display import student_facts, student_html, student_summary
from vermeil.student.student import Student
from vermeil.tasks import make_task
from vermeil.tasks.config import LabelConfig, TaskConfig


def test_a_student_names_its_task_labels_encoder_and_size(student: Student) -> None:
    parameters = sum(p.numel() for p in student.network.parameters())
    encoder = student.config.encoder
    expected = f"Student(ner: PER, LOC; encoder={encoder!r}, {parameters:,} parameters)"
    assert repr(student) == expected
    page = student._repr_html_()
    assert f"{parameters:,}" in page
    assert "temperature" not in page


def test_many_labels_are_shortened_and_values_escaped() -> None:
    names = ["<b>", *(f"L{n}" for n in range(11))]
    task = make_task(TaskConfig(labels={name: LabelConfig() for name in names}))
    facts = student_facts(task, StudentConfig(crf=True), 5, 1.25)
    assert "… 4 more" in student_summary(facts, task.labels)
    page = student_html(facts)
    assert "&lt;b&gt;" in page
    assert "<b>" not in page
    assert "token, CRF" in page
    assert "1.25" in page
