"""The decision of the regimen auto: is silver used?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from tests.refining import corpora, harmful
from tests.toys import blending

from vermeil.errors import ConfigError, DataError
from vermeil.refinement.cache import ProbabilityCache
from vermeil.refinement.recipe import resolve_recipe
from vermeil.refinement.scorers.settings import ScorerSettings
from vermeil.refinement.silver_gain import measure_silver_gain
from vermeil.selection.config import SelectionConfig
from vermeil.student.config import StudentConfig
from vermeil.tasks.protocol import Task
from vermeil.training.job import TrainJob


@pytest.fixture
def job(task: Task, encoder: Path) -> TrainJob:
    """Settings with which a few documents are enough to learn the task; no documents."""
    return TrainJob(
        task=task,
        student=StudentConfig(encoder=str(encoder), threads=1, learning_rate=1e-3),
        blending=blending("auto", 8),
        selection=SelectionConfig(folds=2),
    )


def useful(job: TrainJob) -> TrainJob:
    """Little gold, and silver without errors for it and for other texts."""
    gold, silver = corpora(strong=True)
    return replace(job, gold=gold, silver=silver)


def useless(job: TrainJob) -> TrainJob:
    """Silver that names nothing in the other texts."""
    gold, silver = harmful()
    return replace(job, gold=gold, silver=silver)


def settings(job: TrainJob, folder: Path) -> ScorerSettings:
    return ScorerSettings(job, ProbabilityCache(folder))


def trained(job: TrainJob, folder: Path) -> Sequence[str]:
    """Return the stages of all trainings of a recipe."""
    stages: list[str] = []
    resolve_recipe(job, folder, lambda stage, *_: stages.append(stage))
    return [stage for stage in stages if stage == "fold"]


def test_silver_that_helps_is_used(job: TrainJob, tmp_path: Path) -> None:
    recipe = resolve_recipe(useful(job), tmp_path)
    assert recipe.silver_gain is not None
    assert recipe.silver_gain.is_silver_used
    assert recipe.job.blending.regimen == "simple_mix"
    assert recipe.record["silver_gain"]["silver_used"] is True
    assert "refinement" in recipe.record


def test_silver_that_does_harm_is_left_out(job: TrainJob, tmp_path: Path) -> None:
    # Gold of few passes does not undo what much empty silver has taught.
    budget = job.blending.budget.model_copy(update={"gold_epochs": 4.0, "silver_epochs": 16.0})
    own = useless(replace(job, blending=job.blending.model_copy(update={"budget": budget})))
    recipe = resolve_recipe(own, tmp_path)
    gain = recipe.silver_gain
    assert gain is not None
    assert gain.with_silver.overall.f1 < gain.gold_only.overall.f1
    assert gain.gain.difference < 0
    assert not gain.is_silver_used
    assert (recipe.report, recipe.self_annotated) == (None, 0)
    assert recipe.job.blending.regimen == "gold_only"
    assert recipe.job.silver == ()
    assert recipe.job.gold == own.gold
    assert recipe.record["silver_gain"]["silver_used"] is False
    assert "refinement" not in recipe.record


def test_the_difference_is_that_of_the_two_scores(job: TrainJob, tmp_path: Path) -> None:
    found = measure_silver_gain(settings(useful(job), tmp_path))
    difference = found.with_silver.overall.f1 - found.gold_only.overall.f1
    assert found.gain.difference == pytest.approx(difference)
    assert found.gain.low <= found.gain.difference <= found.gain.high
    assert found.with_silver.documents == found.gold_only.documents == len(useful(job).gold)


def test_only_the_students_of_gold_only_are_additional(job: TrainJob, tmp_path: Path) -> None:
    # Two folds of gold with silver, two with gold only; then two folds of gold again, which are in
    # the cache, and two of silver.
    assert len(trained(useful(job), tmp_path)) == 2 + 2 + 4
    files = {path.name for path in tmp_path.iterdir()}
    assert len(files) == 2 + 2 + 2
    trained(useful(job), tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == files


def test_the_comparison_can_be_switched_off(job: TrainJob, tmp_path: Path) -> None:
    for selection in (
        SelectionConfig(folds=2, compare_gold_only=False),
        SelectionConfig(folds=0),
    ):
        recipe = resolve_recipe(useful(replace(job, selection=selection)), tmp_path)
        assert recipe.silver_gain is None
        assert recipe.job.blending.regimen == "simple_mix"
        assert "silver_gain" not in recipe.record


def test_gold_that_the_teacher_did_not_annotate_is_an_error_before_any_training(
    job: TrainJob, tmp_path: Path
) -> None:
    own = useful(job)
    texts = {d.text for d in own.gold}
    silver = [d for d in own.silver if d.text not in texts]
    with pytest.raises(DataError, match="gold texts is in silver"):
        measure_silver_gain(settings(replace(own, silver=silver), tmp_path))
    assert not any(tmp_path.iterdir())


def test_one_fold_is_an_error_before_any_training(job: TrainJob, tmp_path: Path) -> None:
    own = useful(replace(job, selection=SelectionConfig(folds=1)))
    with pytest.raises(ConfigError, match=r"selection\.folds: 1 would leave no documents"):
        resolve_recipe(own, tmp_path)
    assert not any(tmp_path.iterdir())
