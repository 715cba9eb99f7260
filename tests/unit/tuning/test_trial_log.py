from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tests.toys import sentences

from vermeil.blending.config import BlendingConfig
from vermeil.errors import DataError
from vermeil.student.config import StudentConfig
from vermeil.tasks.protocol import Task
from vermeil.tuning.config import TuneConfig
from vermeil.tuning.trial import TuneInputs
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
    with pytest.raises(DataError, match=r"a\.json: is not a record of trials .*; delete it"):
        TrialLog(path).read()


def test_an_unknown_outcome_is_an_error(tmp_path: Path) -> None:
    log = TrialLog(tmp_path / "a.json")
    log.write(TRIALS)
    path = tmp_path / "a.json"
    path.write_text(path.read_text().replace("ended_early", "lost"))
    with pytest.raises(DataError, match="unknown outcome 'lost'"):
        log.read()


def test_a_search_with_other_inputs_has_a_record_of_its_own(task: Task, tmp_path: Path) -> None:
    def path(inputs: TuneInputs, config: TuneConfig) -> Path:
        log_of(inputs, config, tmp_path).write(TRIALS)
        (found,) = (tmp_path / "trials").iterdir()
        found.unlink()
        return found

    documents, config = sentences(9), TuneConfig()
    inputs = TuneInputs(
        documents[:3], documents[3:6], documents[6:], task, StudentConfig(), BlendingConfig(), 0
    )
    first = path(inputs, config)
    same = [
        path(inputs, TuneConfig(trials=99)),
        path(replace(inputs, student=StudentConfig(threads=3)), config),
    ]
    assert same == [first] * 2
    others = [
        path(replace(inputs, gold=documents[:2]), config),
        path(replace(inputs, silver=[]), config),
        path(replace(inputs, dev=documents[7:]), config),
        path(replace(inputs, student=StudentConfig(dropout=0.4)), config),
        path(replace(inputs, blending=BlendingConfig(regimen="pooled")), config),
        path(replace(inputs, seed=1), config),
        path(inputs, TuneConfig(seed=1)),
        path(inputs, TuneConfig(grace=1)),
        path(inputs, TuneConfig.model_validate({"space": {"student.dropout": [0.1]}})),
    ]
    assert len({first, *others}) == 10
