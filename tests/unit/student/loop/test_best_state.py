from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.toys import blending, sentences
from torch import nn

from vermeil.errors import ConfigError
from vermeil.evaluation.documents import evaluate
from vermeil.jobs.predict import predict
from vermeil.jobs.train import train
from vermeil.student.config import StudentConfig
from vermeil.student.loop.best_state import BestState
from vermeil.tasks.protocol import Task
from vermeil.training.job import TrainJob


def best(**settings: Any) -> BestState:
    return BestState(10, StudentConfig.model_validate({"select": "best_dev", **settings}))


def offer(chosen: BestState, *scores: float) -> nn.Linear:
    layer = nn.Linear(1, 1)
    for score in scores:
        with torch.no_grad():
            layer.weight.fill_(score)
        chosen.update(score, layer)
    return layer


def test_scorings_are_spread_evenly_and_the_last_step_is_scored() -> None:
    assert [s for s in range(1, 11) if best(evaluations=2).is_due(s)] == [5, 10]
    assert [s for s in range(1, 11) if best(evaluations=99).is_due(s)] == list(range(1, 11))


def test_the_best_state_is_given_back() -> None:
    chosen = best()
    layer = offer(chosen, 0.25, 0.75, 0.5)
    chosen.restore(layer)
    assert float(layer.weight.detach()) == 0.75
    resumed = best()
    resumed.load_state_dict(chosen.state_dict())
    layer = offer(resumed, 0.5)
    resumed.restore(layer)
    assert float(layer.weight.detach()) == 0.75


def test_training_stops_when_nothing_gets_better() -> None:
    patient = best(patience=2)
    offer(patient, 0.5, 0.25)
    before = patient.should_stop
    offer(patient, 0.5)
    assert (before, patient.should_stop) == (False, True)
    endless = best()
    offer(endless, 0.5, *[0.25] * 99)
    assert not endless.should_stop


def test_the_student_that_is_kept_has_the_best_f1_of_all(
    encoder: Path, task: Task, tmp_path: Path
) -> None:
    settings = {"learning_rate": 3e-2, "select": "best_dev", "evaluations": 8, "patience": 2}
    config = StudentConfig.model_validate({"encoder": str(encoder), "threads": 1, **settings})
    dev, model = sentences(40)[24:], tmp_path / "model"
    told: list[dict[str, Any]] = []
    job = TrainJob(
        gold=sentences(24), dev=dev, task=task, student=config, blending=blending(epochs=12)
    )
    report = train(job, model, lambda stage, done, total, detail: told.append(dict(detail)))
    lines = [json.loads(line) for line in (model / "training.jsonl").read_text().splitlines()]
    scored = {line["step"]: line["dev_f1"] for line in lines if "dev_f1" in line}
    assert report.record["dev_f1"] == max(scored.values()) == scored[report.record["selected_step"]]
    assert evaluate(predict(model, dev), dev, task).overall.f1 == report.record["dev_f1"]
    assert told[-1]["dev_f1"] == list(scored.values())[-1]
    assert report.record["steps"] == len(lines) == max(scored)


def test_choosing_needs_documents_to_choose_by(encoder: Path, task: Task, tmp_path: Path) -> None:
    config = StudentConfig(encoder=str(encoder), select="best_dev", threads=1)
    job = TrainJob(gold=sentences(4), task=task, student=config, blending=blending())
    with pytest.raises(ConfigError, match=r"corpora\.dev"):
        train(job, tmp_path / "model")
