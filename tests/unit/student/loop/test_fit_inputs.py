"""The identity of a training: a checkpoint of another plan or seed is refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from vermeil.data.example import BatchPlan, TrainingExample
from vermeil.errors import TrainingError
from vermeil.student.config import StudentConfig
from vermeil.student.loop.checkpoint import Checkpoint
from vermeil.student.loop.distributed import SINGLE_PROCESS
from vermeil.student.loop.fit_inputs import FitInputs
from vermeil.student.loop.step_record import StepRecord


def inputs() -> FitInputs:
    ids = np.arange(4, dtype=np.int64)
    examples = [
        TrainingExample(ids + n, None, ids % 2, np.ones(4, np.float32), "gold", ids)
        for n in range(3)
    ]
    batches = tuple(np.array([n], np.int64) for n in range(3))
    shares, sizes = np.ones(3), np.full(3, 4, np.int64)
    plan = BatchPlan(batches, shares, shares, sizes, gold_examples=3)
    return FitInputs(examples, plan, StudentConfig(), seed=5, padding=0)


def other_order(one: FitInputs) -> FitInputs:
    """Return the same examples and numbers of steps and wordpieces, in another order."""
    return replace(one, plan=replace(one.plan, batches=one.plan.batches[::-1]))


def other_weights(one: FitInputs) -> FitInputs:
    first = replace(one.examples[0], weights=np.full(4, 0.5, np.float32))
    return replace(one, examples=[first, *one.examples[1:]])


CHANGES: dict[str, Callable[[FitInputs], FitInputs]] = {
    "seed": lambda one: replace(one, seed=6),
    "digest of the plan": other_order,
    "digest of the examples": other_weights,
    "student.learning_rate": lambda one: replace(one, config=StudentConfig(learning_rate=1e-5)),
}


@pytest.mark.parametrize("name", CHANGES)
def test_each_input_of_a_training_is_in_its_identity(name: str) -> None:
    before = inputs().fingerprint_inputs(SINGLE_PROCESS)
    after = CHANGES[name](inputs()).fingerprint_inputs(SINGLE_PROCESS)
    assert {key for key in before if before[key] != after[key]} == {name}
    assert inputs().fingerprint_inputs(SINGLE_PROCESS) == before


@pytest.mark.parametrize("name", CHANGES)
def test_a_checkpoint_of_another_training_is_refused(tmp_path: Path, name: str) -> None:
    first = Checkpoint(tmp_path, {}, 0)
    assert first.open(inputs().fingerprint_inputs(SINGLE_PROCESS)) == (None, [])
    first.append_step(StepRecord(1, 0.5, 1.0, 1e-3, 4))
    first.write({"step": 1})
    same = Checkpoint(tmp_path, {}, 0)
    state, records = same.open(inputs().fingerprint_inputs(SINGLE_PROCESS))
    assert (state, len(records)) == ({"step": 1}, 1)
    changed = CHANGES[name](inputs()).fingerprint_inputs(SINGLE_PROCESS)
    with pytest.raises(TrainingError, match=f"(?s)another training.*{name}: "):
        Checkpoint(tmp_path, {}, 0).open(changed)
