from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from vermeil.data.example import BatchPlan
from vermeil.student.config import StudentConfig
from vermeil.student.loop.crf import Crf
from vermeil.student.loop.loss import CrossEntropy
from vermeil.student.loop.optimiser import (
    CRITERION_RATE_FACTOR,
    make_optimiser,
    parameter_groups,
    rate_factor,
    set_rate,
)
from vermeil.student.student import Student
from vermeil.tasks.protocol import Task


def plan(steps: int, restarts: tuple[int, ...] = (0,)) -> BatchPlan:
    ones = np.ones(steps)
    return BatchPlan((np.arange(1),) * steps, ones, ones, ones.astype(np.int64), 1, restarts)


def rates(steps: int, restarts: tuple[int, ...] = (0,), **settings: object) -> list[float]:
    config = StudentConfig.model_validate({"warmup": 0.2, **settings})
    return [rate_factor(step, plan(steps, restarts), config) for step in range(steps)]


def test_the_rate_rises_then_falls() -> None:
    assert rates(10)[:3] == [0.5, 1.0, 1.0]
    assert rates(10)[-1] == pytest.approx(1 / 8)
    assert rates(10, decay="constant")[2:] == [1.0] * 8
    cosine = rates(10, decay="cosine")
    assert cosine[:3] == [0.5, 1.0, 1.0]
    assert cosine[6] == pytest.approx(0.5)
    assert cosine[-1] < rates(10)[-1]


def test_the_rate_starts_anew_where_the_plan_says() -> None:
    assert rates(20, (0, 10)) == rates(10) * 2


def scales(encoder: Path, task: Task, decay: float) -> dict[str, float]:
    config = StudentConfig(encoder=str(encoder), layer_decay=decay, threads=1)
    network = Student.create(task, config, 0).network
    groups = parameter_groups(network, Crf(5), config)
    optimiser = make_optimiser(groups, [nn.Parameter(torch.zeros(1)) for _ in groups])
    set_rate(optimiser, 1.0)
    rates = [group["lr"] for group in optimiser.param_groups]
    rate = {id(p): r for g, r in zip(groups, rates, strict=True) for p in g.parameters}
    return {name: rate[id(p)] for name, p in network.named_parameters()}


def test_lower_layers_learn_more_slowly(encoder: Path, task: Task) -> None:
    found = scales(encoder, task, 0.5)
    assert found["classifier.weight"] == 1
    assert found["bert.encoder.layer.1.output.dense.weight"] == 0.5
    assert found["bert.encoder.layer.0.attention.self.query.bias"] == 0.25
    assert found["bert.embeddings.word_embeddings.weight"] == 0.125
    assert set(scales(encoder, task, 1.0).values()) == {1.0}


def test_what_is_decayed(encoder: Path, task: Task) -> None:
    config = StudentConfig(encoder=str(encoder), threads=1)
    network = Student.create(task, config, 0).network
    decayed, plain = parameter_groups(network, CrossEntropy(), config)
    assert {p.ndim for p in decayed.parameters} == {2}
    assert {p.ndim for p in plain.parameters} == {1}
    assert (decayed.weight_decay, plain.weight_decay) == (config.weight_decay, 0)
    transitions = parameter_groups(network, Crf(5), config)[-1]
    assert (transitions.scale, transitions.full_precision) == (CRITERION_RATE_FACTOR, True)
    assert [p.shape for p in transitions.parameters] == [torch.Size([5, 5])]
