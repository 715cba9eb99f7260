"""Learning curve of a cell: F1 on dev during training, which training does not notice."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from vermeil.blending.config import BlendingConfig
from vermeil.data.document import Annotation, Document, Span
from vermeil.student.config import StudentConfig
from vermeil.studies.cells.cell import run_cell
from vermeil.studies.cells.key import cell_key
from vermeil.studies.config import StudyConfig
from vermeil.studies.inputs import StudyCorpora
from vermeil.studies.plan_cells import PlannedCell, plan_cells
from vermeil.studies.results.cell import CellResult
from vermeil.studies.settings import StudySettings
from vermeil.tasks.protocol import Task


def sentences(prefix: str, number: int) -> tuple[Document, ...]:
    found = []
    for i in range(number):
        text = f"{prefix} {i}: Bo went to Rome"
        spans = tuple(
            Span(text.index(s), text.index(s) + len(s), label)
            for s, label in (("Bo", "PER"), ("Rome", "LOC"))
        )
        found.append(Document(f"{prefix}-{i}", text, None, None, Annotation(spans)))
    return tuple(found)


def planned(task: Task, encoder: Path, folder: Path, **settings: Any) -> PlannedCell:
    corpora = StudyCorpora(
        sentences("gold", 8), sentences("pool", 8), sentences("dev", 12), sentences("test", 4)
    )
    section = {"regimens": ["gold_only"], "seeds": [1], "curve_points": 3, **settings}
    budget = {"gold_epochs": 4, "silver_epochs": 1, "batch_wordpieces": 64}
    study_settings = StudySettings(
        task=task,
        study=StudyConfig.model_validate(section),
        student=StudentConfig(encoder=str(encoder), threads=1),
        blending=BlendingConfig.model_validate({"budget": budget}),
    )
    (cell,) = plan_cells(corpora, study_settings, folder, lambda *_: None)
    return cell


def test_the_curve_changes_neither_key_nor_result(
    task: Task, encoder: Path, tmp_path: Path
) -> None:
    job, key = planned(task, encoder, tmp_path, curve_documents=5)
    without, key_without = planned(task, encoder, tmp_path, curve_points=0)
    assert job.curve is not None
    assert len(job.curve.documents) == 5
    assert without.curve is None
    assert key == key_without
    measured, plain = run_cell(job, key), run_cell(without, key)
    assert [point.step for point in measured.dev_curve] == sorted(
        {-(-measured.steps * i // 3) for i in (1, 2, 3)}
    )
    assert plain.dev_curve == ()
    assert replace(measured, dev_curve=(), seconds=0.0) == replace(plain, seconds=0.0)


def test_with_all_dev_documents_the_curve_ends_at_the_score(
    task: Task, encoder: Path, tmp_path: Path
) -> None:
    job, key = planned(task, encoder, tmp_path)
    cell: CellResult = run_cell(job, key)
    assert cell.dev is not None
    assert cell.dev_curve[-1].step == cell.steps
    assert cell.dev_curve[-1].f1 == pytest.approx(cell.dev.overall.f1, abs=1e-5)


def test_an_observed_cell_has_the_curve_of_its_observation(
    task: Task, encoder: Path, tmp_path: Path
) -> None:
    job, _ = planned(task, encoder, tmp_path, mechanism={"regimens": ["all"]})
    assert job.curve is None
    assert job.observation_set is not None


def test_the_key_ignores_the_curve(task: Task, encoder: Path, tmp_path: Path) -> None:
    from vermeil.student.student import Student
    from vermeil.training.fit import plan_for

    job, key = planned(task, encoder, tmp_path)
    student = Student.create(task, job.student, job.seed)
    gold = student.encode(job.documents.gold, "gold")
    silver = student.encode(job.documents.silver, "silver")
    plan = plan_for(gold, silver, job.blending, job.seed)
    assert cell_key(replace(job, curve=None), plan) == key
