from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from vermeil.blending.config import BlendingConfig, BudgetConfig
from vermeil.data.document import Annotation, Document, Span
from vermeil.errors import ConfigError, DataError, TrainingError
from vermeil.jobs.predict import predict
from vermeil.jobs.train import train
from vermeil.student.config import StudentConfig
from vermeil.tasks.protocol import Task
from vermeil.training.job import TrainJob

GOLD = [Document("a", "Bo is here", annotation=Annotation((Span(0, 2, "PER"),)))]
SILVER = [
    Document("b", "Rome is far", annotation=Annotation((Span(0, 4, "LOC"),))),
    Document("c", "unannotated"),
]
BLENDING = BlendingConfig(budget=BudgetConfig(gold_epochs=2, silver_epochs=2, batch_wordpieces=16))


def job(task: Task, student: StudentConfig) -> TrainJob:
    return TrainJob(gold=GOLD, silver=SILVER, task=task, student=student, blending=BLENDING, seed=7)


def test_train_saves_a_student_that_predicts(encoder: Path, task: Task, tmp_path: Path) -> None:
    seen: list[tuple[str, int, int | None]] = []
    student = StudentConfig(encoder=str(encoder), threads=1)
    report = train(
        job(task, student),
        tmp_path / "model",
        lambda stage, done, total, _: seen.append((stage, done, total)),
    )
    record = json.loads((tmp_path / "model/training.json").read_text())
    result = report.as_dict()
    assert "student.letter_case=false" in result.pop("note")
    assert result == {"model": str(tmp_path / "model"), **record}
    assert record["seed"] == 7
    assert record["losses"]["silver"] == {"nothing_to_learn": 1}
    assert (record["silver_documents"], record["silver_unannotated"]) == (2, 1)
    lines = (tmp_path / "model/training.jsonl").read_text().splitlines()
    assert len(lines) == record["steps"] == len(seen) == seen[-1][2]
    assert json.loads(lines[0])["step"] == 1
    [found] = predict(tmp_path / "model", ["Bo is in Rome"])
    assert found.spans is not None


def test_a_student_that_other_libraries_read_as_we_do_needs_no_note(
    encoder: Path, task: Task, tmp_path: Path
) -> None:
    config = StudentConfig(encoder=str(encoder), threads=1, letter_case=False)
    report = train(job(task, config), tmp_path / "model")
    assert "note" not in report.as_dict()


def test_a_model_that_cannot_be_written_leaves_nothing_behind(
    encoder: Path, task: Task, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(DataError, match="cannot be written"):
        train(
            job(task, StudentConfig(encoder=str(encoder), threads=1)), tmp_path / "file" / "model"
        )
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_auto_is_refused_in_several_processes(
    encoder: Path, task: Task, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    student = StudentConfig(encoder=str(encoder), threads=1)
    auto = TrainJob(
        gold=GOLD,
        silver=SILVER,
        task=task,
        student=student,
        blending=BlendingConfig(regimen="auto"),
    )
    with pytest.raises(ConfigError, match=r"auto runs in one process only; run vermeil refine"):
        train(auto, tmp_path / "model")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("regimen", ["pooled", "auto"])
def test_silver_without_labels_is_refused_before_training(
    encoder: Path, task: Task, tmp_path: Path, regimen: str
) -> None:
    negative = [Document("b", "Rome is far", annotation=Annotation(()))]
    config = StudentConfig(encoder=str(encoder), threads=1)
    blending = BlendingConfig.model_validate({"regimen": regimen})
    one = replace(job(task, config), silver=negative, blending=blending)
    with pytest.raises(TrainingError, match="nothing to find"):
        train(one, tmp_path / "model")
    assert list(tmp_path.iterdir()) == []
