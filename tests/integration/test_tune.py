"""A search on this machine with a tiny encoder: stopped, continued, and repeated."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from tests.toys import blending, sentences

from vermeil.corpora import read_corpus
from vermeil.corpora.config import CorpusConfig
from vermeil.data.document import Document
from vermeil.data.written import RECORD
from vermeil.errors import ConfigError, TrainingError
from vermeil.student.config import StudentConfig
from vermeil.tasks.protocol import Task
from vermeil.training.job import TrainJob
from vermeil.tuning.config import TuneConfig
from vermeil.tuning.search import tune

pytest.importorskip("optuna", reason='Optuna is not installed: "vermeil[tune]"')

CONFIG = TuneConfig.model_validate(
    {
        "trials": 3,
        "evaluations": 3,
        "grace": 1,
        "space": {
            "student.learning_rate": {"low": 1e-5, "high": 1e-2, "log": True},
            "silver.min_score": [0.5],
        },
    }
)


def scored(document: Document, score: float) -> Document:
    spans = tuple(replace(span, score=score) for span in document.spans or ())
    return document.with_annotation(replace(document.annotation, spans=spans))


@pytest.fixture
def job(task: Task, encoder: Path) -> TrainJob:
    found = sentences(60)
    silver = [scored(d, 0.9 if i % 2 else 0.2) for i, d in enumerate(found[20:40])]
    student = StudentConfig(encoder=str(encoder), threads=1)
    return TrainJob(
        gold=found[:20],
        silver=silver,
        dev=found[40:],
        task=task,
        student=student,
        blending=blending("pooled", 6),
    )


class StopAfter:
    """A progress callback that raises KeyboardInterrupt after a number of trials."""

    def __init__(self, trials: int) -> None:
        self._trials = trials
        self.seen: list[int] = []

    def __call__(
        self, stage: str, done: int, total: int | None, detail: Mapping[str, float | int | str]
    ) -> None:
        assert (stage, total) == ("tune", 3)
        self.seen.append(done)
        if done == self._trials:
            raise KeyboardInterrupt


def test_a_stopped_search_goes_on_to_the_same_report(job: TrainJob, tmp_path: Path) -> None:
    whole = tune(job, CONFIG, tmp_path / "whole")
    assert (len(whole.trials), whole.failed) == (3, 0)
    scores = [trial.dev_f1 for trial in whole.trials]
    assert scores == sorted(scores, reverse=True)
    assert all(1 <= trial.evaluations <= 3 for trial in whole.trials)
    assert len({trial.values["student.learning_rate"] for trial in whole.trials}) == 3

    output = tmp_path / "stopped"
    with pytest.raises(KeyboardInterrupt):
        tune(job, CONFIG, output, StopAfter(2))
    assert not (output / "tune.json").exists()
    rest = StopAfter(-1)
    report = tune(job, CONFIG, output, rest)
    assert rest.seen[0] == 2
    assert report.trials == whole.trials
    assert json.loads((output / "tune.json").read_text()) == report.as_dict()
    (output / RECORD).unlink()  # as in a folder of an earlier version
    assert tune(job, CONFIG, output).as_dict() == report.as_dict()

    # The report's settings are those of the best trial, and its silver file has the abstentions.
    rate = whole.trials[0].values["student.learning_rate"]
    place = (output / "silver.jsonl").absolute()
    assert report.overrides == [f"student.learning_rate={rate}", f'corpora.silver="{place}"']
    kept = list(read_corpus(CorpusConfig(path=place)))
    assert [bool(d.spans) for d in kept] == [bool(i % 2) for i in range(20)]
    assert all(bool(d.annotation.abstain) != bool(d.spans) for d in kept)


def test_a_search_without_dev_or_with_an_impossible_space_is_refused(
    job: TrainJob, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match=r"corpora\.dev: missing"):
        tune(replace(job, dev=[]), CONFIG, tmp_path)
    impossible = TuneConfig.model_validate({"space": {"student.dropout": [2]}})
    with pytest.raises(ConfigError, match=r"tune\.space: dropout"):
        tune(job, impossible, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_search_whose_every_trial_fails_names_the_first_error(
    job: TrainJob, tmp_path: Path
) -> None:
    empty = replace(job, gold=[], silver=[], blending=blending("gold_only"))
    with pytest.raises(TrainingError, match=r"every trial failed; first error: .*train"):
        tune(empty, CONFIG, tmp_path)
