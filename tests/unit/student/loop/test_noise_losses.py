"""Noise-robust losses, compared with their formulas."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from tests.toys import blending, sentences
from torch.nn import functional

from vermeil.data.example import IGNORED, TrainingExample
from vermeil.errors import ConfigError
from vermeil.student.config import NoiseConfig, StudentConfig
from vermeil.student.loop.loss import Batch, CrossEntropy, collate
from vermeil.student.loop.noise_losses import NoiseRobustLoss
from vermeil.student.student import Student
from vermeil.tasks.protocol import Task
from vermeil.training.fit import plan_for

CLASSES = 3


def example(origin: str, classes: list[int]) -> TrainingExample:
    """One wordpiece a word."""
    size = len(classes)
    known = np.array(classes, np.int64)
    ids, positions = np.arange(size), np.arange(size)
    return TrainingExample(ids, None, known, np.ones(size, np.float32), origin, positions)


EXAMPLES = [example("gold", [0, 1, IGNORED]), example("silver", [0, 2, 0, 0])]


def batch() -> Batch:
    return collate(EXAMPLES, np.arange(10), 0, torch.device("cpu"))


def logits() -> torch.Tensor:
    return torch.randn(2, 4, CLASSES, generator=torch.Generator().manual_seed(1))


def test_nothing_on_is_cross_entropy() -> None:
    found = NoiseRobustLoss(NoiseConfig(), EXAMPLES, CLASSES)(logits(), batch())
    torch.testing.assert_close(found, CrossEntropy()(logits(), batch()))


def test_generalised_cross_entropy_of_silver_alone() -> None:
    q, proba = 0.7, functional.softmax(logits(), -1)
    gold = -proba[0, 0, 0].log() - proba[0, 1, 1].log()
    right = torch.stack([proba[1, 0, 0], proba[1, 1, 2], proba[1, 2, 0], proba[1, 3, 0]])
    found = NoiseRobustLoss(NoiseConfig(robust=q), EXAMPLES, CLASSES)(logits(), batch())
    torch.testing.assert_close(found, gold + ((1 - right**q) / q).sum())


def test_negative_sampling_leaves_out_words_of_silver_without_entity() -> None:
    torch.manual_seed(0)
    proba = -functional.log_softmax(logits(), -1)
    criterion = NoiseRobustLoss(NoiseConfig(negative_sampling=0.5), EXAMPLES, CLASSES)
    certain = proba[0, 0, 0] + proba[0, 1, 1] + proba[1, 1, 2]
    optional = torch.stack([proba[1, i, 0] for i in (0, 2, 3)])
    subsets = {
        round(float(certain + (optional * torch.tensor(mask)).sum()), 4)
        for mask in np.ndindex(2, 2, 2)
    }
    seen = {round(float(criterion(logits(), batch())), 4) for _ in range(200)}
    assert seen == subsets


def test_early_learning_holds_to_what_was_predicted() -> None:
    config = NoiseConfig(early_learning=2.0, memory=0.5)
    criterion = NoiseRobustLoss(config, EXAMPLES, CLASSES)
    proba = functional.softmax(logits(), -1)[1]
    once = criterion(logits(), batch())
    assert torch.allclose(criterion.memory, 0.5 * proba)
    agreement = (proba * 0.5 * proba).sum(-1)
    plain = CrossEntropy()(logits(), batch())
    torch.testing.assert_close(once, plain + 2 * torch.log(1 - agreement).sum())
    criterion(logits(), batch())
    assert torch.allclose(criterion.memory, 0.75 * proba)


def test_a_student_trains_with_all_of_them(encoder: Path, task: Task) -> None:
    noise = NoiseConfig(robust=0.5, negative_sampling=0.5, early_learning=1.0)
    config = StudentConfig(encoder=str(encoder), noise=noise, threads=1)
    student = Student.create(task, config, 0)
    documents = sentences(12)
    gold = student.encode(documents[:4], "gold")
    silver = student.encode(documents[4:], "silver")
    plan = plan_for(gold, silver, blending("pooled", epochs=4), 0)
    steps = student.fit([*gold.examples, *silver.examples], plan, 0)
    assert all(np.isfinite(step.loss) for step in steps)


def test_not_with_a_crf(encoder: Path, task: Task) -> None:
    config = StudentConfig(encoder=str(encoder), crf=True, noise=NoiseConfig(robust=0.7))
    with pytest.raises(ConfigError, match=r"student\.noise: cannot be combined with student\.crf"):
        Student.create(task, config, 0)
