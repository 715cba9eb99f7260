"""Announcement of trainings before a verb begins."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from vermeil.config import Config, load_config
from vermeil.data.document import Annotation, Document
from vermeil.pipeline.workload import WORDPIECES_PER_SECOND, Verb, workload

GOLD = [Document("g", "x" * 400)]
SILVER = [Document("s", "x" * 4000)]
ANNOTATED = [Document("s", "x" * 4000, annotation=Annotation(spans=()))]


def config(folder: Path, *overrides: str) -> Config:
    path = folder / "vermeil.toml"
    passes = "[blending.budget]\ngold_epochs = 8\nsilver_epochs = 3\n"
    path.write_text(f"[task.labels.PER]\n{passes}", "utf-8")
    return load_config(path, overrides)


def test_study_counts_cells_of_all_sizes(tmp_path: Path) -> None:
    found = workload(
        "study",
        config(tmp_path, "study.gold_documents=[10,20]", "study.seeds=[0,1,2]"),
        GOLD,
        SILVER,
    )
    assert found.trainings == {"cells": 6 * 3 * 2}
    assert found.wordpieces == 8 * 100 + 3 * 1000
    assert (found.speed, found.is_measured) == (WORDPIECES_PER_SECOND, False)
    assert found.seconds == pytest.approx(36 * 3800 / WORDPIECES_PER_SECOND)
    assert "up to 36 trainings (36 cells)" in found.describe()
    assert "Ctrl-C stops" in found.describe()


def test_a_study_of_few_documents_counts_only_these(tmp_path: Path) -> None:
    gold, silver = GOLD * 40, SILVER * 10
    sizes = ("study.gold_documents=[10,30]", "study.silver_documents=2")
    found = workload("study", config(tmp_path, *sizes), gold, silver)
    assert found.wordpieces == pytest.approx(8 * 20 * 100 + 3 * 2 * 1000)
    whole = workload("refine", config(tmp_path, *sizes), gold, silver)
    assert whole.wordpieces == pytest.approx(8 * 40 * 100 + 3 * 10 * 1000)


def test_passes_of_a_study_suit_every_size(tmp_path: Path) -> None:
    own = config(tmp_path, "study.gold_documents=[4,40]", "blending.budget.gold_epochs=none")
    found = workload("study", own, GOLD * 40, SILVER * 10)
    assert found.wordpieces == pytest.approx((30 * 400 + 16 * 4000) / 2 + 3 * 10_000)


def test_budget_and_measured_speed_are_used(tmp_path: Path) -> None:
    (tmp_path / "vermeil-run" / "model").mkdir(parents=True)
    record = {"wordpieces": 9000, "seconds": 3.0}
    (tmp_path / "vermeil-run" / "model" / "training.json").write_text(json.dumps(record))
    overrides = ("tune.trials=10", "blending.budget.wordpieces=30000")
    found = workload("tune", config(tmp_path, *overrides), GOLD, SILVER)
    assert (found.speed, found.is_measured) == (3000, True)
    assert found.seconds == pytest.approx(100)
    assert "about 2 minutes at 3,000 wordpieces/s (measured" in found.describe()


def test_damaged_record_is_no_measurement(tmp_path: Path) -> None:
    (tmp_path / "vermeil-run" / "model").mkdir(parents=True)
    (tmp_path / "vermeil-run" / "model" / "training.json").write_text("[1")
    assert not workload("tune", config(tmp_path), GOLD, SILVER).is_measured


def test_auto_trains_the_students_of_refine_and_one_more(tmp_path: Path) -> None:
    settings = config(tmp_path, "selection.folds=3", "selection.corrector=true")
    refine = workload("refine", settings, GOLD, SILVER).trainings
    assert refine["students that judge silver"] == 6
    assert refine["correctors"] == 5
    more = {"students of gold only": 3, "final student": 1}
    assert workload("auto", settings, GOLD, SILVER).trainings == refine | more
    without = config(
        tmp_path,
        "selection.folds=3",
        "selection.corrector=true",
        "selection.compare_gold_only=false",
    )
    found = workload("auto", without, GOLD, SILVER).trainings
    assert found == refine | {"final student": 1}


def test_study_counts_the_trainings_that_make_silver(tmp_path: Path) -> None:
    settings = config(
        tmp_path,
        "study.regimens=[gold_only,auto,own,self_training]",
        "study.variants={own = {regimen = 'auto'}}",
        "study.seeds=[0,1]",
        "study.silver_documents=[10,20,30]",
        "selection.folds=2",
        "selection.rounds=3",
    )
    found = workload("study", settings, GOLD, ANNOTATED).trainings
    assert found == {
        "cells": 4 * 2 * 3,
        "students of gold only": 2 * 6 * 2,
        "students that judge silver": 2 * 6 * (2 * 4),
        "students for texts without annotation": 6,
    }
    further = settings.study.model_copy(update={"plain_documents": 5})
    more = workload("study", settings.model_copy(update={"study": further}), GOLD, ANNOTATED)
    assert more.trainings["students for texts without annotation"] == 6 + 2 * 6


def test_a_cell_without_silver_is_trained_once_for_all_sizes_of_silver(tmp_path: Path) -> None:
    settings = config(
        tmp_path,
        "study.regimens=[gold_only,ceiling,pooled]",
        "study.silver_documents=[10,20]",
        "study.seeds=[0]",
        "study.budgets=[epochs,equal]",
    )
    # gold_only with epochs: one; all others: one per size of silver
    assert workload("study", settings, GOLD, SILVER).trainings == {"cells": 1 + 2 + 4 + 4}


def test_prompts_multiply_the_regimens_that_use_silver(tmp_path: Path) -> None:
    settings = config(
        tmp_path,
        "study.regimens=[gold_only,pooled]",
        "study.prompts={old = 'old.jsonl'}",
        "study.seeds=[0]",
    )
    assert workload("study", settings, GOLD, SILVER).trainings == {"cells": 3}


def test_only_refining_annotates_plain_text(tmp_path: Path) -> None:
    settings = config(tmp_path, "selection.folds=2")
    plain = [Document("p", "plain")]
    kind = "students for texts without annotation"
    assert workload("refine", settings, GOLD, ANNOTATED).trainings.get(kind) is None
    assert workload("refine", settings, GOLD, plain).trainings[kind] == 1
    verbs: tuple[Verb, ...] = ("select", "rank")
    for verb in verbs:
        assert workload(verb, settings, GOLD, plain).trainings == {"students that judge silver": 4}
