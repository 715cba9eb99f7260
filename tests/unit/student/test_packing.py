"""Training without padding computes what training with padding does."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from tests.encoders import FAMILIES, make_family
from tests.toys import blending, sentences

from vermeil.data.document import Annotation, Document
from vermeil.errors import ConfigError
from vermeil.jobs.train import train_student
from vermeil.student.config import StudentConfig
from vermeil.student.loss import CrossEntropy, collate
from vermeil.student.packing import first_position, pack, packed_attention
from vermeil.student.student import Student
from vermeil.tasks.protocol import Task

EXACT = {"dropout": 0.0, "precision": "fp32", "threads": 1}
NEED_PADDING = ("deberta-v2", "modernbert")


def make_student(folder: Path, task: Task, **settings: object) -> Student:
    config = StudentConfig.model_validate({"encoder": str(folder), **EXACT, **settings})
    return Student.create(task, config, seed=0)


@pytest.mark.parametrize("name", FAMILIES)
def test_loss_and_gradients_are_those_with_padding(name: str, task: Task, tmp_path: Path) -> None:
    student = make_student(make_family(name, tmp_path / name), task)
    network = student.network
    if network.config.model_type in NEED_PADDING:
        with pytest.raises(ConfigError, match="padding_free"):
            first_position(network)
        return
    texts = ("Al", "Al went to Lima today", "Rome")
    short = [Document(t, t, annotation=Annotation(())) for t in texts]
    examples = student.encode([*sentences(3), *short], "gold").examples
    assert len({e.size for e in examples}) > 1
    every = np.arange(network.config.vocab_size)
    padded = collate(examples, every, network.config.pad_token_id, torch.device("cpu"))
    row = pack(padded, first_position(network))
    assert row.classes.shape == (1, sum(e.size for e in examples))
    assert float(row.weight) == float(padded.weight)
    losses, gradients = [], []
    with packed_attention(network):
        for batch in (padded, row):
            network.zero_grad()
            loss = CrossEntropy()(network(**batch.inputs).logits, batch)
            torch.autograd.backward(loss)
            losses.append(loss.item())
            gradients.append([p.grad for p in network.parameters() if p.grad is not None])
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)
    for one, other in zip(*gradients, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-3, atol=1e-5)


def test_a_training_without_padding_learns_the_same(encoder: Path, task: Task) -> None:
    losses = []
    for padding_free in (False, True):
        student = make_student(encoder, task, learning_rate=1e-2, padding_free=padding_free)
        before = student.network.config._attn_implementation
        corpora = student.encode(sentences(24), "gold"), student.encode([], "silver")
        steps = train_student(student, *corpora, blending(), 0).steps
        losses.append([s.loss for s in steps])
        assert student.network.config._attn_implementation == before
    np.testing.assert_allclose(losses[0][:5], losses[1][:5], rtol=1e-3)


def test_a_crf_needs_padding(encoder: Path, task: Task) -> None:
    with pytest.raises(ConfigError, match="padding_free"):
        make_student(encoder, task, crf=True, padding_free=True)
