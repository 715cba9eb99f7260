"""A label that no training document is annotated for is never predicted."""

from __future__ import annotations

from pathlib import Path

from tests.toys import blending, sentences

from vermeil.data.document import UNANNOTATED
from vermeil.student.config import StudentConfig
from vermeil.student.student import Student
from vermeil.tasks.added_labels import without_labels
from vermeil.tasks.protocol import Task
from vermeil.training.fit import fit_job
from vermeil.training.job import TrainJob


def test_a_label_that_is_unknown_everywhere_is_not_predicted(encoder: Path, task: Task) -> None:
    gold = [without_labels(document, ["LOC"]) for document in sentences(24)]
    config = StudentConfig(encoder=str(encoder), learning_rate=1e-2, threads=1)
    student = Student.create(task, config, seed=0)
    fit_job(student, TrainJob(gold=gold, silver=(), task=task, student=config, blending=blending()))
    plain = [document.with_annotation(UNANNOTATED) for document in sentences(24)]
    found = [span.label for one in student.predict(plain) for span in one.spans or ()]
    assert found
    assert set(found) == {"PER"}
