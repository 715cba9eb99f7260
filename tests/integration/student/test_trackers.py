"""Training metrics in TensorBoard and MLflow, read back with their own tools."""

from __future__ import annotations

import json
import os
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

import pytest
from tests.toys import blending, sentences

from vermeil.errors import ConfigError
from vermeil.jobs.train import train
from vermeil.student.config import StudentConfig
from vermeil.tasks.protocol import Task
from vermeil.training.job import TrainJob

pytestmark = [
    pytest.mark.slow,
    # Of the trackers' own dependencies; what we do with them shows in what they have kept.
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning"),
]


def trained(
    tracker: Literal["tensorboard", "mlflow"], encoder: Path, task: Task, folder: Path
) -> list[dict[str, Any]]:
    """Train with a tracker; return the steps as training.jsonl has them."""
    config = StudentConfig(
        encoder=str(encoder), tracker=tracker, threads=1, select="best_dev", evaluations=2
    )
    documents = sentences(12)
    job = TrainJob(
        gold=documents, dev=documents, task=task, student=config, blending=blending(epochs=4)
    )
    train(job, folder / "model")
    lines = (folder / "model/training.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def by_name(steps: list[dict[str, Any]], name: str) -> dict[int, Any]:
    found = {s["step"]: pytest.approx(s[name], rel=1e-5) for s in steps if name in s}
    assert found
    return found


def test_tensorboard_has_every_step(encoder: Path, task: Task, tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    steps = trained("tensorboard", encoder, task, tmp_path)
    [events] = tmp_path.rglob("events.out.tfevents.*")
    kept = EventAccumulator(str(events.parent)).Reload()
    for name in ("loss", "gold_share", "learning_rate", "wordpieces_per_second", "dev_f1"):
        scalars = {event.step: event.value for event in kept.Scalars(f"train/{name}")}
        assert scalars == by_name(steps, name)


def test_mlflow_has_every_step(
    encoder: Path, task: Task, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a local store: nothing is sent, not even to the vendor of MLflow."""
    if find_spec("mlflow") is None:  # importing it now would be before training can switch it off
        pytest.skip("mlflow is not installed")
    monkeypatch.delenv("MLFLOW_DISABLE_TELEMETRY", raising=False)
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")  # all that mlflow-skinny can
    store = (tmp_path / "runs").as_uri()
    monkeypatch.setenv("MLFLOW_TRACKING_URI", store)
    steps = trained("mlflow", encoder, task, tmp_path)
    assert os.environ["MLFLOW_DISABLE_TELEMETRY"] == "true"
    client = import_module("mlflow").MlflowClient(store)
    [run] = client.search_runs(["0"])
    assert run.info.status == "FINISHED"
    for name in ("loss", "gold_share", "learning_rate", "wordpieces_per_second", "dev_f1"):
        kept = {m.step: m.value for m in client.get_metric_history(run.info.run_id, name)}
        assert kept == by_name(steps, name)


def test_a_store_that_cannot_be_opened_is_named(
    encoder: Path, task: Task, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
    pytest.importorskip("mlflow")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "nowhere://at.all")
    with pytest.raises(ConfigError, match="MLFLOW_TRACKING_URI"):
        trained("mlflow", encoder, task, tmp_path)
