"""A student with a pair head: it learns, resumes exactly, and is saved and loaded."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.relation_toys import related, relation_f1, relation_keys, relations_task
from tests.toys import blending
from tests.unit.student.loop.test_checkpoint import InterruptedTrainingError, stop_at

from vermeil.data.document import UNANNOTATED, Document
from vermeil.data.progress import Progress, silent
from vermeil.errors import DataError
from vermeil.jobs.train import train
from vermeil.student.config import StudentConfig
from vermeil.student.inference.pair_scorer import PAIR_HEAD
from vermeil.student.student import Student
from vermeil.training.fit import fit_job
from vermeil.training.job import TrainJob


def job(encoder: Path, epochs: float, gold: list[Document], **settings: Any) -> TrainJob:
    student = StudentConfig.model_validate(
        {"encoder": str(encoder), "learning_rate": 1e-2, "threads": 1, "dropout": 0} | settings
    )
    return TrainJob(
        gold=gold, task=relations_task(), student=student, blending=blending(epochs=epochs), seed=4
    )


def learnt(one: TrainJob) -> Student:
    student = Student.create(one.task, one.student, one.seed)
    fit_job(student, one)
    return student


def predicted(student: Student, documents: list[Document]) -> list[Document]:
    return list(student.predict([d.with_annotation(UNANNOTATED) for d in documents]))


@pytest.mark.slow
@pytest.mark.parametrize("settings", [{}, {"context": "group"}, {"crf": True}, {"pack": "off"}])
def test_a_student_learns_relations(encoder: Path, settings: dict[str, Any]) -> None:
    gold = related(60, per_group=3)
    student = learnt(job(encoder, 60, gold, **settings))
    found = predicted(student, gold)
    assert relation_f1(gold, found) > 0.95
    scores = [r.score for d in found for r in d.annotation.relations or ()]
    assert all(score is not None and 0 < score <= 1 for score in scores)
    assert [relation_keys(d) for d in predicted(student, gold)] == [relation_keys(d) for d in found]


def test_a_saved_student_predicts_the_same(encoder: Path, tmp_path: Path) -> None:
    gold = related(24)
    student = learnt(job(encoder, 6, gold))
    student.pair_temperature = 2.0
    student.save(tmp_path / "model", {})
    loaded = Student.load(tmp_path / "model")
    assert loaded.pair_temperature == 2.0
    one, two = predicted(student, gold), predicted(loaded, gold)
    assert [d.annotation for d in one] == [d.annotation for d in two]
    assert any(d.annotation.relations for d in one)


def test_a_damaged_pair_head_is_an_error(encoder: Path, tmp_path: Path) -> None:
    one = job(encoder, 1, related(6))
    Student.create(one.task, one.student, 0).save(tmp_path / "model", {})
    (tmp_path / "model" / PAIR_HEAD).unlink()
    with pytest.raises(DataError, match=PAIR_HEAD):
        Student.load(tmp_path / "model")


def trained(one: TrainJob, model: Path, progress: Progress = silent) -> bytes:
    train(one, model, progress)
    return (model / "model.safetensors").read_bytes() + (model / PAIR_HEAD).read_bytes()


def test_a_stopped_training_ends_with_the_same_weights(encoder: Path, tmp_path: Path) -> None:
    one = job(encoder, 2, related(24), checkpoint_seconds=0, dropout=0.1)
    expected = trained(one, tmp_path / "straight")
    for step in (1, 3):
        with pytest.raises(InterruptedTrainingError):
            trained(one, tmp_path / "stopped", stop_at(step))
    assert trained(one, tmp_path / "stopped") == expected


def test_micro_batches_and_padding_give_the_same_weights(encoder: Path) -> None:
    gold = related(12)
    students = [
        learnt(job(encoder, 2, gold, **settings))
        for settings in ({}, {"micro_batch_wordpieces": 40}, {"pack": "off"})
    ]
    heads = [student.layers.pair_head for student in students]
    assert all(head is not None for head in heads)
    first, *others = [head.output.weight.detach().numpy() for head in heads if head is not None]
    for other in others:
        np.testing.assert_allclose(first, other, atol=2e-3)


def test_relations_across_windows_are_counted(encoder: Path) -> None:
    one = job(encoder, 1, [], max_wordpieces=24, overlap=8)
    [document] = related(1)
    far = Document("far", document.text.replace(" in ", " in far off and away and so on "))
    spans = document.annotation.spans or ()
    start = far.text.index(document.text[spans[1].start :])
    size = spans[1].end - spans[1].start
    moved = (spans[0], replace(spans[1], start=start, end=start + size))
    far = far.with_annotation(replace(document.annotation, spans=moved))
    student = Student.create(one.task, one.student, 0)
    assert student.encode([far], "gold").encoding_losses == {"relation_across_windows": 1}
    assert "relation_across_windows" not in student.encode([document], "gold").encoding_losses


def test_unknown_relations_do_not_enter_the_loss(encoder: Path) -> None:
    one = job(encoder, 1, [])
    student = Student.create(one.task, one.student, 0)
    plain = [d.with_annotation(replace(d.annotation, relations=None)) for d in related(6)]
    assert all(example.pairs is None for example in student.encode(plain, "gold").examples)
