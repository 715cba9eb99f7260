from __future__ import annotations

import json
import re
import resource
import signal
import threading
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.toys import blending, sentences

from vermeil.data.document import Document
from vermeil.data.progress import Progress, silent
from vermeil.errors import DataError, LockedError, TrainingError
from vermeil.jobs.train import train
from vermeil.student.config import StudentConfig
from vermeil.tasks.protocol import Task
from vermeil.training.job import TrainJob

STEPS = 9


class InterruptedTrainingError(Exception):
    """Interruption of a training by the test."""


def stop_at(step: int) -> Progress:
    def progress(
        stage: str, done: int, total: int | None, detail: Mapping[str, float | int | str]
    ) -> None:
        if done == step and "loss" in detail:
            raise InterruptedTrainingError

    return progress


class Run:
    """One training into a folder of its own, in which a checkpoint is written after every step."""

    def __init__(self, encoder: Path, task: Task, folder: Path) -> None:
        self.encoder, self.task, self.model = encoder, task, folder / "model"
        self.checkpoint = folder / "model.checkpoint"

    def __call__(
        self, progress: Progress = silent, gold: list[Document] | None = None, **settings: Any
    ) -> bytes:
        """Train, and return the weights as the file holds them."""
        config = StudentConfig.model_validate(
            {"encoder": str(self.encoder), "threads": 1, "checkpoint_seconds": 0, **settings}
        )
        gold = sentences(24) if gold is None else gold
        plan = blending(epochs=3)
        dev = sentences(6) if config.select == "best_dev" else []
        job = TrainJob(gold=gold, dev=dev, task=self.task, student=config, blending=plan, seed=5)
        train(job, self.model, progress)
        return (self.model / "model.safetensors").read_bytes()


@pytest.fixture
def run(encoder: Path, task: Task, tmp_path: Path) -> Run:
    return Run(encoder, task, tmp_path)


def test_a_training_stopped_at_any_step_ends_with_the_same_weights(
    run: Run, encoder: Path, task: Task, tmp_path: Path
) -> None:
    straight = Run(encoder, task, tmp_path / "straight")
    expected = straight()
    steps = (straight.model / "training.jsonl").read_text().splitlines()
    assert len(steps) >= STEPS
    for step in range(1, len(steps) + 1):
        with pytest.raises(InterruptedTrainingError):
            run(stop_at(step))
        assert run.checkpoint.exists()
    assert run() == expected
    assert not run.checkpoint.exists()
    kept = ("step", "loss", "gold_share", "learning_rate", "wordpieces")
    for one, other in zip(
        steps, (run.model / "training.jsonl").read_text().splitlines(), strict=True
    ):
        assert [json.loads(one)[k] for k in kept] == [json.loads(other)[k] for k in kept]


@pytest.mark.parametrize(
    "settings",
    [
        {"select": "best_dev", "evaluations": 4},
        {"crf": True},
        {"micro_batch_wordpieces": 60, "layer_decay": 0.8, "decay": "cosine"},
    ],
    ids=lambda s: next(iter(s)),
)
def test_so_does_one_with_other_settings(
    run: Run, encoder: Path, task: Task, tmp_path: Path, settings: dict[str, Any]
) -> None:
    expected = Run(encoder, task, tmp_path / "straight")(**settings)
    for step in (3, 6):
        with pytest.raises(InterruptedTrainingError):
            run(stop_at(step), **settings)
    assert run(**settings) == expected


def test_steps_are_written_during_training(run: Run) -> None:
    with pytest.raises(InterruptedTrainingError):
        run(stop_at(4))
    lines = (run.checkpoint / "training.jsonl").read_text().splitlines()
    assert [json.loads(line)["step"] for line in lines] == [1, 2, 3, 4]
    assert json.loads(lines[0])["wordpieces_per_second"] > 0


def test_another_configuration_is_refused_with_the_difference(run: Run) -> None:
    with pytest.raises(InterruptedTrainingError):
        run(stop_at(3))
    with pytest.raises(TrainingError) as error:
        run(learning_rate=0.25, select="best_dev")
    message = str(error.value)
    assert "student.learning_rate: 0.0003 in the checkpoint, 0.25 now" in message
    assert 'student.select: "last" in the checkpoint, "best_dev" now' in message
    assert f"{run.checkpoint}: " in message
    assert "delete the folder to start again" in message


def test_other_data_is_refused(run: Run) -> None:
    with pytest.raises(InterruptedTrainingError):
        run(stop_at(3))
    with pytest.raises(TrainingError, match="gold examples: 24 in the checkpoint, 23 now"):
        run(gold=sentences(23))
    changed = sentences(24)
    changed[0] = replace(changed[0], weight=0.5)
    with pytest.raises(TrainingError, match="digest of the examples"):
        run(gold=changed)


def test_threads_and_the_checkpoint_itself_may_differ(run: Run) -> None:
    with pytest.raises(InterruptedTrainingError):
        run(stop_at(3))
    run(checkpoint_seconds=30, threads=None)


def test_a_damaged_checkpoint_is_refused(run: Run) -> None:
    with pytest.raises(InterruptedTrainingError):
        run(stop_at(3))
    state = run.checkpoint / "state.pt"
    state.write_bytes(state.read_bytes()[:1000])
    with pytest.raises(
        TrainingError, match=r"checkpoint is damaged.*delete the folder to start again"
    ):
        run()


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.99999])
def test_checkpoint_with_one_flipped_bit_is_refused(run: Run, share: float) -> None:
    with pytest.raises(InterruptedTrainingError):
        run(stop_at(3))
    state = run.checkpoint / "state.pt"
    content = bytearray(state.read_bytes())
    content[int(share * len(content))] ^= 1
    state.write_bytes(content)
    with pytest.raises(TrainingError, match=r"checkpoint is damaged \(.*delete the folder"):
        run()


@pytest.mark.parametrize("content", [b"", b"\n", b"0" * 80, b"\nVERMEIL-SHA256 " + b"0" * 64])
def test_checkpoint_that_is_no_state_is_refused(run: Run, content: bytes) -> None:
    with pytest.raises(InterruptedTrainingError):
        run(stop_at(3))
    (run.checkpoint / "state.pt").write_bytes(content)
    with pytest.raises(TrainingError, match="checkpoint is damaged"):
        run()


@pytest.mark.parametrize("keep", [[], [0], [0, 1], [0, 1, 1, 2], [1, 2, 3], [0, 2, 1, 3]], ids=str)
def test_state_without_the_records_of_all_its_steps_is_refused(run: Run, keep: list[int]) -> None:
    with pytest.raises(InterruptedTrainingError):
        run(stop_at(5))
    file = run.checkpoint / "training.jsonl"
    lines = file.read_text("utf-8").splitlines(keepends=True)
    assert len(lines) == 5
    file.write_text("".join(lines[i] for i in keep), "utf-8")
    with pytest.raises(TrainingError, match=r"step 4, but training.jsonl .*delete the folder"):
        run()
    assert not run.model.exists()


def test_full_disk_is_named_with_the_space_that_is_needed(run: Run) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))
    try:
        with pytest.raises(DataError) as error:
            run()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)
    message = str(error.value)
    assert message.startswith(f"{run.checkpoint / 'state.pt'}: cannot be written, because the disk")
    assert re.search(
        r"the disk at /\S* has [0-9,.]+ (MB|kB|bytes) free, and the file needs about", message
    )
    assert not list(run.checkpoint.glob(".*.part"))
    expected = Run(run.encoder, run.task, run.model.parent / "straight")()
    assert run() == expected


def test_second_training_into_the_same_folder_is_refused(run: Run) -> None:
    def train_again(
        stage: str, done: int, total: int | None, detail: Mapping[str, float | int | str]
    ) -> None:
        if done == 2 and "loss" in detail:
            thread = threading.Thread(target=second)
            thread.start()
            thread.join()

    errors: list[LockedError] = []

    def second() -> None:
        try:
            run()
        except LockedError as error:
            errors.append(error)

    weights = run(train_again)
    assert [str(run.model) in str(error) for error in errors] == [True]
    assert weights == Run(run.encoder, run.task, run.model.parent / "straight")()


def test_without_checkpoints_a_training_begins_anew(run: Run) -> None:
    with pytest.raises(InterruptedTrainingError):
        run(stop_at(3), checkpoint_seconds=None)
    assert not run.checkpoint.exists()
