from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tests.tiny import make_encoder
from tests.toys import sentences

from vermeil.blending.config import BlendingConfig
from vermeil.errors import DataError
from vermeil.student.config import StudentConfig
from vermeil.tasks.protocol import Task
from vermeil.training.job import TrainJob
from vermeil.tuning.config import TuneConfig
from vermeil.tuning.trial_log import FinishedTrial, TrialLog, log_of

TRIALS = [
    FinishedTrial({"student.dropout": 0.1 + 0.2, "x": [1, None, "ü"]}, (0.25, 1 / 3), "completed"),
    FinishedTrial({"student.dropout": 0.5, "x": True}, (0.1,), "ended_early"),
    FinishedTrial({"student.dropout": 0.9, "x": False}, (), "failed", "the loss is nan"),
]


def test_trials_come_back_exactly(tmp_path: Path) -> None:
    log = TrialLog(tmp_path / "trials" / "a.json")
    assert log.read() == []
    for number in range(1, 4):
        log.write(TRIALS[:number])
        assert log.read() == TRIALS[:number]
    assert [path.name for path in (tmp_path / "trials").iterdir()] == ["a.json"]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"trials": [1]}', '{"trials": [{}]}'])
def test_a_file_that_is_no_record_is_an_error_that_names_it(text: str, tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(text)
    with pytest.raises(DataError, match=r"a\.json: is not a log of trials .*; delete it"):
        TrialLog(path).read()


def test_an_unknown_outcome_is_an_error(tmp_path: Path) -> None:
    log = TrialLog(tmp_path / "a.json")
    log.write(TRIALS)
    path = tmp_path / "a.json"
    path.write_text(path.read_text().replace("ended_early", "lost"))
    with pytest.raises(DataError, match="unknown outcome 'lost'"):
        log.read()


def test_a_search_with_other_inputs_has_a_record_of_its_own(task: Task, tmp_path: Path) -> None:
    def path(job: TrainJob, config: TuneConfig) -> Path:
        log_of(job, config, tmp_path).write(TRIALS)
        (found,) = (tmp_path / "trials").iterdir()
        found.unlink()
        return found

    documents, config = sentences(9), TuneConfig()
    job = TrainJob(gold=documents[:3], silver=documents[3:6], dev=documents[6:], task=task)
    first = path(job, config)
    same = [
        path(job, TuneConfig(trials=99)),
        path(replace(job, student=StudentConfig(threads=3)), config),
    ]
    assert same == [first] * 2
    others = [
        path(replace(job, gold=documents[:2]), config),
        path(replace(job, silver=[]), config),
        path(replace(job, dev=documents[7:]), config),
        path(replace(job, student=StudentConfig(dropout=0.4)), config),
        path(replace(job, blending=BlendingConfig(regimen="pooled")), config),
        path(replace(job, seed=1), config),
        path(job, TuneConfig(seed=1)),
        path(job, TuneConfig(grace=1)),
        path(job, TuneConfig.model_validate({"space": {"student.dropout": [0.1]}})),
    ]
    assert len({first, *others}) == 10


def test_a_search_with_other_weights_has_a_log_of_its_own(task: Task, tmp_path: Path) -> None:
    encoder = make_encoder(tmp_path / "encoder")
    job = TrainJob(gold=sentences(3), task=task, student=StudentConfig(encoder=str(encoder)))
    logs = [log_of(job, TuneConfig(), tmp_path)]
    weights = encoder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\x01")
    logs.append(log_of(job, TuneConfig(), tmp_path))
    for number, log in enumerate(logs):
        log.write(TRIALS[: number + 1])
    assert len(list((tmp_path / "trials").iterdir())) == 2
