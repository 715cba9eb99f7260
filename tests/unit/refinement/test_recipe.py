"""Regimens that make their silver before the training."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tests.toys import blending, sentences

from vermeil.blending.passes import estimated_wordpieces
from vermeil.blending.regimens import REGIMENS
from vermeil.data.document import UNANNOTATED
from vermeil.errors import DataError
from vermeil.refinement.recipe import RECIPES, resolve_recipe
from vermeil.student.config import StudentConfig
from vermeil.tasks.protocol import Task
from vermeil.training.job import TrainJob


@pytest.fixture
def job(task: Task, encoder: Path) -> TrainJob:
    """12 gold sentences, 12 of silver, and 24 without an annotation."""
    gold = sentences(12)
    silver = [replace(d, id=f"s{d.id}", text=f"{d.text} too") for d in sentences(12)]
    plain = [
        replace(d, id=f"p{d.id}", text=f"{d.text} then", annotation=UNANNOTATED)
        for d in sentences(24)
    ]
    return TrainJob(
        gold=gold,
        silver=[*silver, *plain],
        task=task,
        student=StudentConfig(encoder=str(encoder), threads=1, learning_rate=1e-3),
        blending=blending("self_training", 30),
    )


def test_every_regimen_that_makes_silver_has_a_recipe() -> None:
    assert set(RECIPES) == {name for name, spec in REGIMENS.items() if spec.makes_silver}


def test_self_training_annotates_plain_text_with_a_student(job: TrainJob, tmp_path: Path) -> None:
    recipe = resolve_recipe(job, tmp_path / "judging")
    assert (recipe.report, recipe.self_annotated) == (None, 24)
    assert dict(recipe.record) == {"self_annotated": 24}
    own, added = recipe.job.silver[:12], recipe.job.silver[12:]
    assert [d.id for d in own] == [d.id for d in job.silver[:12]]
    assert all(d.spans is not None for d in added)
    spans = [span for d in added for span in d.spans or ()]
    assert spans
    assert {span.origin for span in spans} == {"student"}
    assert recipe.job.blending.regimen == "simple_mix"
    assert recipe.job.gold == job.gold


def test_training_is_as_long_as_without_the_plain_text(job: TrainJob, tmp_path: Path) -> None:
    recipe = resolve_recipe(job, tmp_path / "judging")
    size = estimated_wordpieces(job.silver[:12])
    before = size * job.blending.budget.silver_passes(size)
    budget = recipe.job.blending.budget
    assert budget.silver_epochs is not None
    after = estimated_wordpieces(recipe.job.silver) * budget.silver_epochs
    assert after == pytest.approx(before)


def test_a_second_call_reuses_the_probabilities(job: TrainJob, tmp_path: Path) -> None:
    first = resolve_recipe(job, tmp_path / "judging")
    steps: list[str] = []
    second = resolve_recipe(job, tmp_path / "judging", lambda stage, *_: steps.append(stage))
    assert second.job.silver == first.job.silver
    assert steps == []


def test_self_training_needs_no_silver(job: TrainJob, tmp_path: Path) -> None:
    recipe = resolve_recipe(replace(job, silver=job.silver[12:]), tmp_path / "judging")
    assert len(recipe.job.silver) == recipe.self_annotated == 24


def test_self_training_without_plain_text_is_an_error(job: TrainJob, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no document is without an annotation"):
        resolve_recipe(replace(job, silver=job.silver[:12]), tmp_path / "judging")
