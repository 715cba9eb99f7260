"""Cells of the regimens that make their silver: auto and self_training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests import refining
from tests.toys import blending

from vermeil.data.document import UNANNOTATED, Document
from vermeil.data.progress import silent
from vermeil.errors import ConfigError
from vermeil.student.config import StudentConfig
from vermeil.studies.cells.cell import run_cell
from vermeil.studies.config import StudyConfig
from vermeil.studies.inputs import StudyCorpora
from vermeil.studies.plan_cells import PlannedCell, plan_cells
from vermeil.studies.settings import StudySettings
from vermeil.tasks.protocol import Task


@pytest.fixture
def settings(task: Task, encoder: Path) -> StudySettings:
    return StudySettings(
        task=task,
        study=StudyConfig(),
        student=StudentConfig(encoder=str(encoder), threads=1, learning_rate=1e-3),
        blending=blending("gold_only", 8),
    )


def planned(
    settings: StudySettings,
    folder: Path,
    gold: Sequence[Document],
    silver: Sequence[Document],
    **study: Any,
) -> dict[str, PlannedCell]:
    """Return the planned cells of seed 0 by regimen."""
    config = StudyConfig.model_validate({"seeds": [0], "baseline": "gold_only", **study})
    test = gold[:3]
    corpora = StudyCorpora(gold, silver, (), test)
    cells = plan_cells(corpora, replace(settings, study=config), folder, silent)
    return {cell.job.regimen: cell for cell in cells}


def with_gold_names(silver: Sequence[Document]) -> list[Document]:
    """Silver with the ids of gold's texts, so that a study pairs them."""
    return [replace(d, id=d.id.removeprefix("t")) for d in silver]


def test_self_training_annotates_plain_text_of_the_silver_corpus(
    settings: StudySettings, tmp_path: Path
) -> None:
    gold, teacher = refining.corpora()
    silver = with_gold_names(teacher)
    plain = [d.with_annotation(UNANNOTATED) for d in silver[-10:]]
    cells = planned(
        settings, tmp_path, gold, [*silver[:-10], *plain], regimens=["gold_only", "self_training"]
    )
    result = run_cell(*cells["self_training"])
    assert result.silver_documents == len(silver) - len(gold)


def test_self_training_without_any_plain_text_is_an_error(
    settings: StudySettings, tmp_path: Path
) -> None:
    gold, teacher = refining.corpora()
    with pytest.raises(ConfigError, match="silver documents without an annotation"):
        planned(
            settings,
            tmp_path,
            gold,
            with_gold_names(teacher),
            regimens=["gold_only", "self_training"],
        )


def test_auto_is_the_gold_only_cell_where_silver_does_harm(
    settings: StudySettings, tmp_path: Path
) -> None:
    gold, teacher = refining.harmful()
    silver = with_gold_names(teacher)
    budget = settings.blending.budget.model_copy(update={"wordpieces": 6000, "gold_fraction": 0.1})
    scarce = replace(settings, blending=settings.blending.model_copy(update={"budget": budget}))
    cells = planned(
        scarce, tmp_path, gold, silver, regimens=["gold_only", "auto"], budgets=["equal"]
    )
    gold_only, auto = (run_cell(*cells[name]) for name in ("gold_only", "auto"))
    assert auto.silver_gain is not None
    assert not auto.silver_gain.silver_used
    assert auto.silver_gain.gain.difference < 0
    assert auto.refinement is None
    assert (auto.silver_documents, auto.wordpieces) == (0, gold_only.wordpieces)
    assert auto.test == gold_only.test


def test_the_key_of_auto_depends_on_the_comparison_and_others_do_not(
    settings: StudySettings, tmp_path: Path
) -> None:
    gold, teacher = refining.corpora()
    silver = with_gold_names(teacher)
    sizes = {"silver_documents": 20, "plain_documents": 5}
    regimens = ["gold_only", "auto", "self_training"]
    keys = []
    for compared in (True, False):
        selection = settings.selection.model_copy(update={"compare_gold_only": compared})
        own = replace(settings, selection=selection)
        cells = planned(own, tmp_path, gold, silver, regimens=regimens, **sizes)
        keys.append({name: cell.key for name, cell in cells.items()})
    with_, without = keys
    assert with_["auto"] != without["auto"]
    assert with_["gold_only"] == without["gold_only"]
    assert with_["self_training"] == without["self_training"]
