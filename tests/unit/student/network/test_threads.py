"""The number of threads is chosen by measuring, and kept."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.toys import blending, sentences

from vermeil.data.progress import Progress, silent
from vermeil.jobs.train import train
from vermeil.student.config import StudentConfig
from vermeil.student.loop.loop import MEASURED_WORDPIECES
from vermeil.student.loop.sealed_file import load_sealed, save_sealed
from vermeil.student.network.threads import ThreadChoice, ThreadMeasurements, choose_threads
from vermeil.tasks.protocol import Task
from vermeil.training.job import TrainJob


def chosen(seconds: Mapping[int, list[float]]) -> tuple[ThreadChoice, list[int]]:
    """Return the choice for the seconds of successive steps, and the order of the steps."""
    left, order = {number: list(values) for number, values in seconds.items()}, list[int]()

    def seconds_of(threads: int) -> float:
        order.append(threads)
        return left[threads].pop(0)

    return choose_threads(seconds_of, available=4), order


def test_all_threads_are_used_if_they_are_faster() -> None:
    choice, order = chosen({1: [9.0, 1.0, 1.1], 4: [0.9, 0.4, 0.5]})
    assert choice == ThreadChoice(4, {1: 1.0, 4: 0.4})
    assert order == [1, 1, 4, 4, 1, 4]


def test_one_thread_is_used_unless_all_gain_five_per_cent() -> None:
    assert chosen({1: [1.0, 1.0, 1.0], 4: [1.0, 0.96, 0.96]})[0].threads == 1
    assert chosen({1: [1.0, 1.0, 1.0], 4: [1.0, 0.94, 0.96]})[0].threads == 4


def test_a_hopeless_step_ends_the_measurement() -> None:
    choice, order = chosen({1: [1.0, 1.0], 4: [10.0]})
    assert (choice.threads, order) == (1, [1, 1, 4])


def test_nothing_is_measured_on_one_core() -> None:
    def fail(threads: int) -> float:
        raise AssertionError(f"measured with {threads}")

    assert choose_threads(fail, available=1) == ThreadChoice(1)


def test_a_process_measures_each_work_once() -> None:
    before, runs = torch.get_num_threads(), list[int]()
    measurements = ThreadMeasurements()
    try:
        first = measurements.measure("training", 10, lambda: runs.append(torch.get_num_threads()))
        number = len(runs)
        assert measurements.measure("training", 10, lambda: runs.append(0)) is first
        assert measurements.find("prediction", 10) is None
        assert len(runs) == number
        assert torch.get_num_threads() == first.threads
    finally:
        torch.set_num_threads(before)
    json.dumps(first.as_dict())


class StoppedError(Exception):
    """Interruption of a training by the test."""


@pytest.fixture
def fit_model(encoder: Path, task: Task, tmp_path: Path) -> Any:
    """Return a function that trains a tiny student, and returns weights and record."""

    def fit(
        name: str, epochs: int, threads: int | None, progress: Progress = silent
    ) -> tuple[bytes, dict[str, Any]]:
        config = StudentConfig(encoder=str(encoder), threads=threads, checkpoint_seconds=0)
        plan, model = blending(epochs=epochs), tmp_path / name
        job = TrainJob(gold=sentences(60), task=task, student=config, blending=plan, seed=5)
        record = train(job, model, progress).record
        return (model / "model.safetensors").read_bytes(), record

    return fit


def test_measuring_does_not_change_the_training(fit_model: Any) -> None:
    epochs = 30
    weights, record = fit_model("measured", epochs, None)
    assert record["wordpieces"] >= MEASURED_WORDPIECES
    used = record["threads"]["used"]
    if torch.get_num_threads() > 1:
        assert used in (1, torch.get_num_threads())
    again, other = fit_model("set", epochs, used)
    assert again == weights
    assert other["threads"] == {"used": used}


def test_a_resumed_training_uses_the_threads_of_its_checkpoint(
    fit_model: Any, tmp_path: Path
) -> None:
    def stop(stage: str, done: int, total: int | None, detail: Mapping[str, object]) -> None:
        if done == 3 and "loss" in detail:
            raise StoppedError

    with pytest.raises(StoppedError):
        fit_model("model", 3, None, stop)
    state = tmp_path / "model.checkpoint" / "state.pt"
    stored = load_sealed(state)
    assert stored["state"]["threads"] == 1  # a short training measures nothing
    stored["state"]["threads"] = 2
    save_sealed(state, stored)
    _, record = fit_model("model", 3, None)
    assert record["threads"] == {"used": 2}
