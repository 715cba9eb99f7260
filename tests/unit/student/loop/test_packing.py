"""Packed rows give the same results as padded batches."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tests.encoders import FAMILIES, make_family
from tests.toys import blending, sentences

from vermeil.data.document import Annotation, Document
from vermeil.errors import ConfigError
from vermeil.student.config import StudentConfig
from vermeil.student.loop.loss import collate
from vermeil.student.loop.packing import (
    ROW_MULTIPLE,
    fill_rows,
    first_position,
    packed_attention,
    packed_logits,
    uses_packed_rows,
)
from vermeil.student.student import Student
from vermeil.tasks.protocol import Task
from vermeil.training.fit import train_student

EXACT = {"dropout": 0.0, "precision": "fp32", "threads": 1}
NEED_PADDING = ("deberta-v2", "modernbert")


def make_student(folder: Path, task: Task, **settings: object) -> Student:
    config = StudentConfig.model_validate({"encoder": str(folder), **EXACT, **settings})
    return Student.create(task, config, seed=0)


@pytest.mark.parametrize("name", FAMILIES)
def test_logits_and_gradients_are_those_of_padding(name: str, task: Task, tmp_path: Path) -> None:
    student = make_student(make_family(name, tmp_path / name), task)
    network = student.network
    first = first_position(network)
    if network.config.model_type in NEED_PADDING:
        assert first is None
        return
    assert first is not None
    texts = ("Al", "Al went to Lima today", "Rome", "Al went to Lima today " * 5)
    examples = student.encode(
        [Document(t, t, annotation=Annotation(())) for t in texts], "gold"
    ).examples
    assert max(e.size for e in examples) > ROW_MULTIPLE / 3
    every = np.arange(network.config.vocab_size)
    inputs = collate(examples, every, network.config.pad_token_id, torch.device("cpu")).inputs
    kept = inputs["attention_mask"].bool()
    logits, gradients = [], []
    for packed in (False, True):
        network.zero_grad()
        with packed_attention(network):
            found = packed_logits(network, inputs, first) if packed else network(**inputs).logits
        torch.autograd.backward(found[kept].square().sum())
        logits.append(found[kept].detach())
        gradients.append([p.grad for p in network.parameters() if p.grad is not None])
    torch.testing.assert_close(*logits, rtol=1e-4, atol=1e-5)
    for one, other in zip(*gradients, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("crf", [False, True])
def test_packed_training_learns_the_same(encoder: Path, task: Task, crf: bool) -> None:
    losses = []
    for pack in ("off", "auto"):
        student = make_student(encoder, task, learning_rate=1e-2, pack=pack, crf=crf)
        corpora = student.encode(sentences(24), "gold"), student.encode([], "silver")
        steps = train_student(student, *corpora, blending(), 0).steps
        losses.append([s.loss for s in steps])
    np.testing.assert_allclose(losses[0][:5], losses[1][:5], rtol=1e-3)


def test_varlen_needs_a_gpu(encoder: Path, task: Task) -> None:
    if torch.cuda.is_available():
        pytest.skip("there is one")
    network = make_student(encoder, task).network
    with pytest.raises(ConfigError, match="there is no GPU"):
        uses_packed_rows(network, "varlen")
    assert uses_packed_rows(network, "auto")
    assert not uses_packed_rows(network, "off")


@given(st.lists(st.integers(1, 64), min_size=1, max_size=60))
def test_rows_hold_every_sequence_once(sizes: list[int]) -> None:
    places = fill_rows(sizes, 64)
    taken = [i for at, size in zip(places, sizes, strict=True) for i in range(at, at + size)]
    assert len(set(taken)) == sum(sizes)
    for at, size in zip(places, sizes, strict=True):
        assert at // 64 == (at + size - 1) // 64
    assert max(taken) // 64 < max(1, -(-2 * sum(sizes) // 64))  # first-fit: at least half full
