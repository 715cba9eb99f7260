"""The regimen recommended: chosen by the teacher's F1 on gold that it annotated, too."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests import refining
from tests.toys import blending, sentences

from vermeil.blending.config import BlendingConfig, RegimenName
from vermeil.blending.regimens import with_fixed_regimen
from vermeil.data.document import Annotation, Document
from vermeil.jobs.recommended import recommend
from vermeil.jobs.train import train
from vermeil.student.config import StudentConfig
from vermeil.tasks import make_task
from vermeil.tasks.config import TaskConfig
from vermeil.tasks.protocol import Task
from vermeil.training.job import TrainJob


def of_f1(documents: list[Document], share: float) -> list[Document]:
    """The documents, of which a share keeps its spans; the others have none."""
    empty, kept = Annotation(spans=()), round(len(documents) * share)
    return [d if i < kept else d.with_annotation(empty) for i, d in enumerate(documents)]


def others(number: int) -> list[Document]:
    return [replace(d, id=f"x{d.id}", text=f"{d.text} again") for d in sentences(number)]


@pytest.mark.parametrize(
    ("share", "expected"),
    [(0.1, "auto"), (0.35, "auto"), (0.5, "simple_mix"), (0.65, "simple_mix"), (1.0, "pooled")],
)
def test_the_regimen_follows_the_f1_of_the_teacher(
    task: Task, share: float, expected: RegimenName
) -> None:
    gold = sentences(40)
    found = recommend(gold, [*of_f1(gold, share), *others(40)], task)
    assert found.regimen == expected
    assert f"Recommended regimen: {expected}" in found.reason


def test_without_a_measurement_it_is_simple_mix(task: Task) -> None:
    found = recommend(sentences(40), others(40), task)
    assert found.regimen == "simple_mix"
    assert "teacher.annotate_gold" in found.reason
    topics = make_task(TaskConfig.model_validate({"name": "classification", "labels": {"a": {}}}))
    assert recommend([], [], topics).regimen == "simple_mix"


def trained(
    gold: list[Document],
    silver: list[Document],
    task: Task,
    encoder: Path,
    folder: Path,
    regimen: RegimenName | None = None,
) -> dict[str, Any]:
    base = blending("simple_mix", 1)
    own = BlendingConfig(budget=base.budget, **({} if regimen is None else {"regimen": regimen}))
    student = StudentConfig(encoder=str(encoder), threads=1)
    return train(
        TrainJob(gold=gold, silver=silver, task=task, student=student, blending=own), folder
    ).record


def test_a_strong_teacher_is_pooled_by_default(encoder: Path, task: Task, tmp_path: Path) -> None:
    gold, silver = refining.corpora(strong=True)
    record = trained(gold, silver, task, encoder, tmp_path / "model")
    assert record["regimen"] == record["advice"]["regimen"] == "pooled"
    assert "see advice" in record["regimen_reason"]
    assert not any("Recommended" in warning for warning in record["warnings"])


def test_the_default_is_the_regimen_that_it_stands_for(
    encoder: Path, task: Task, tmp_path: Path
) -> None:
    gold, silver = refining.corpora(strong=True)
    recommended = trained(gold, silver, task, encoder, tmp_path / "a" / "model")
    pooled = trained(gold, silver, task, encoder, tmp_path / "b" / "model", "pooled")
    differ = {"regimen_reason", "seconds"}
    assert {k: v for k, v in recommended.items() if k not in differ} == {
        k: v for k, v in pooled.items() if k not in differ
    }
    same = [(tmp_path / f / "model" / "model.safetensors").read_bytes() for f in "ab"]
    assert same[0] == same[1]


def test_silver_of_a_weak_teacher_is_judged_first(
    encoder: Path, task: Task, tmp_path: Path
) -> None:
    gold, silver = refining.corpora()
    missed = of_f1(silver[::-1], 0.75)  # the texts of gold are the last ones
    record = trained(gold, missed, task, encoder, tmp_path / "model")
    assert record["advice"]["regimen"] == "auto"
    assert "silver_gain" in record


def test_simple_mix_stands_in_if_silver_cannot_be_judged(
    encoder: Path, task: Task, tmp_path: Path
) -> None:
    gold = sentences(40)
    record = trained(gold, of_f1(gold, 0.2), task, encoder, tmp_path / "model")
    assert record["regimen"] == "simple_mix"
    assert any("the recommended regimen auto is not possible" in w for w in record["warnings"])
    assert any("Recommended regimen: auto" in warning for warning in record["warnings"])


def test_other_work_than_training_uses_simple_mix() -> None:
    assert with_fixed_regimen(BlendingConfig()) == BlendingConfig(regimen="simple_mix")
    pooled = BlendingConfig(regimen="pooled")
    assert with_fixed_regimen(pooled) is pooled
