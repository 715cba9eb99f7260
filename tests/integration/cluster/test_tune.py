"""Search for settings on a cluster with a killed node."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from tests.integration.cluster.conftest import CONFIG, Nodes, Once
from tests.toys import blending, sentences

from vermeil.cluster.tune import tune
from vermeil.corpora import read_corpus
from vermeil.corpora.config import CorpusConfig
from vermeil.data.document import Document
from vermeil.student.config import StudentConfig
from vermeil.tasks.protocol import Task
from vermeil.training.job import TrainJob
from vermeil.tuning.config import TuneConfig

pytestmark = pytest.mark.cluster


def scored(document: Document, score: float) -> Document:
    spans = tuple(replace(span, score=score) for span in document.spans or ())
    return document.with_annotation(replace(document.annotation, spans=spans))


def test_a_killed_node_changes_nothing(
    nodes: Nodes, task: Task, encoder: Path, tmp_path: Path
) -> None:
    found = sentences(60)
    silver = [scored(d, 0.9 if i % 2 else 0.2) for i, d in enumerate(found[20:40])]
    student = StudentConfig(encoder=str(encoder), threads=1)
    job = TrainJob(
        gold=found[:20],
        silver=silver,
        dev=found[40:],
        task=task,
        student=student,
        blending=blending("pooled", 6),
    )
    config = TuneConfig.model_validate(
        {
            "trials": 4,
            "evaluations": 3,
            "grace": 1,
            "space": {
                "student.learning_rate": {"low": 1e-5, "high": 1e-2, "log": True},
                "silver.min_score": [0.5],
            },
        }
    )

    def lose_one() -> None:
        nodes.kill()

    losing = Once("tune", 1, lose_one)
    report = tune(job, config, CONFIG, tmp_path, losing)
    assert losing.acted
    assert (len(report.trials), report.failed) == (4, 0)
    scores = [one.dev_f1 for one in report.trials]
    assert scores == sorted(scores, reverse=True)
    assert all(1 <= one.evaluations <= 3 for one in report.trials)
    assert json.loads((tmp_path / "tune.json").read_text())["overrides"] == report.overrides
    # What the best trial left out of the silver is left out of the file that comes with it.
    kept = list(read_corpus(CorpusConfig(path=tmp_path / "silver.jsonl")))
    assert [bool(d.spans) for d in kept] == [bool(i % 2) for i in range(20)]
    assert all(bool(d.annotation.abstain) != bool(d.spans) for d in kept)
    assert any(o.startswith("corpora.silver=") for o in report.overrides)
