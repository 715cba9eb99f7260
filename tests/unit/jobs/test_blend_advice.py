"""Measurement of the teacher on gold that it annotated, too."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tests.toys import blending, sentences

from vermeil.data.document import UNANNOTATED, Annotation, Document
from vermeil.jobs.appraise import MINIMUM_ITEMS, blend_advice
from vermeil.jobs.train import train
from vermeil.student.config import StudentConfig
from vermeil.tasks import make_task
from vermeil.tasks.config import TaskConfig
from vermeil.tasks.protocol import Task
from vermeil.training.job import TrainJob


def annotated(documents: list[Document], share: float) -> list[Document]:
    """Return documents of which a share keeps its spans; the others have none."""
    kept = round(len(documents) * share)
    empty = Annotation(spans=())
    return [d if i < kept else d.with_annotation(empty) for i, d in enumerate(documents)]


def test_the_teacher_is_measured_on_the_texts_of_gold(task: Task) -> None:
    gold = sentences(40)
    others = [replace(d, id=f"x{d.id}", text=f"{d.text} again") for d in sentences(40)]
    advice = blend_advice(gold, [*annotated(gold, 0.25), *others], task)
    assert advice is not None
    assert advice.documents == 40
    assert advice.f1 == pytest.approx(0.4, abs=0.05)
    assert advice.interval[0] < advice.f1 < advice.interval[1]


def test_too_little_common_text_gives_no_advice(task: Task) -> None:
    gold = sentences(40)
    assert blend_advice(gold, [], task) is None
    assert blend_advice([], gold, task) is None
    assert blend_advice(gold, [d.with_annotation(UNANNOTATED) for d in gold], task) is None
    few = [d for d in gold if d.spans][: MINIMUM_ITEMS // 4]
    assert blend_advice(gold, few, task) is None


def test_ids_do_not_count(task: Task) -> None:
    """Line numbers of two files are the same ids for different texts."""
    gold = sentences(40)
    expected = blend_advice(gold, annotated(gold, 0.25), task)
    moved = [replace(d, id=gold[-1 - i].id) for i, d in enumerate(annotated(gold, 0.25))]
    other = [replace(d, text=f"{d.text}!") for d in gold]
    assert blend_advice(gold, [*other, *moved], task) == expected
    assert blend_advice(gold, other, task) is None


def test_other_tasks_get_no_advice() -> None:
    topics = make_task(TaskConfig.model_validate({"name": "classification", "labels": {"a": {}}}))
    documents = [
        Document(f"d{i}", f"text {i}", annotation=Annotation(labels=("a",))) for i in range(40)
    ]
    assert blend_advice(documents, documents, topics) is None


@pytest.mark.parametrize(("share", "warned"), [(0.2, True), (1.0, False)])
def test_training_on_silver_of_a_weak_teacher_warns(
    encoder: Path, task: Task, tmp_path: Path, share: float, warned: bool
) -> None:
    gold = sentences(40)
    job = TrainJob(
        gold=gold,
        silver=annotated(gold, share),
        task=task,
        student=StudentConfig(encoder=str(encoder), threads=1),
        blending=blending("simple_mix", 1),
    )
    record = train(job, tmp_path / "model").record
    assert record["advice"]["documents"] == 40
    assert any("Recommended regimen" in text for text in record["warnings"]) is warned
