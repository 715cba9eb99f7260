"""Data-parallel training with a killed node gives the model of one process."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from tests.integration.cluster.conftest import CONFIG, Nodes, Once
from tests.toys import blending, sentences

from vermeil.cluster.train import trainer_for
from vermeil.data.document import UNANNOTATED
from vermeil.jobs.train import train
from vermeil.student import Student
from vermeil.student.config import StudentConfig
from vermeil.tasks.protocol import Task
from vermeil.training.job import TrainJob

pytestmark = pytest.mark.cluster


def test_a_killed_node_changes_nothing(
    nodes: Nodes, task: Task, encoder: Path, tmp_path: Path
) -> None:
    import torch
    from safetensors.torch import load_file

    student = StudentConfig(
        encoder=str(encoder), dropout=0, threads=1, checkpoint_seconds=2, pack="off"
    )
    gold, budget = sentences(80), blending(epochs=20)
    job = TrainJob(gold=gold, task=task, student=student, blending=budget)
    alone = train(job, tmp_path / "alone")

    def lose_one() -> None:
        nodes.kill()
        nodes.add()

    losing = Once("train", alone.record["steps"] * 6 // 10, lose_one)
    two = CONFIG.model_copy(update={"workers": 2})
    began = time.monotonic()
    there = trainer_for(two, tmp_path / "ray")(job, tmp_path / "there", losing)
    print(f"{time.monotonic() - began:.1f} s; {losing.seen[-3:]}")
    assert losing.acted
    assert there.record["steps"] == alone.record["steps"]
    assert there.record["wordpieces"] == alone.record["wordpieces"]
    assert there.record["final_loss"] == pytest.approx(alone.record["final_loss"], abs=1e-3)
    ours, theirs = (load_file(tmp_path / name / "model.safetensors") for name in ("there", "alone"))
    assert ours.keys() == theirs.keys()
    for name, weights in ours.items():
        torch.testing.assert_close(weights, theirs[name], atol=2e-3, rtol=0, msg=name)
    texts = [document.with_annotation(UNANNOTATED) for document in gold]
    found = [
        [[(s.start, s.end, s.label) for s in d.spans or ()] for d in student.predict(texts)]
        for student in (Student.load(tmp_path / "there"), Student.load(tmp_path / "alone"))
    ]
    assert found[0] == found[1]
    assert not list((tmp_path / "ray").glob("train-*"))
