"""The training criterion that fits a task and the settings of a student."""

from __future__ import annotations

from collections.abc import Sequence

from torch import nn

from vermeil.data.example import TrainingExample
from vermeil.student.config import StudentConfig
from vermeil.student.loop.loss import BinaryCrossEntropy, CrossEntropy
from vermeil.student.loop.noise_losses import NoiseRobustLoss
from vermeil.tasks.protocol import Task


def plain_criterion(task: Task) -> nn.Module:
    """Return the cross-entropy of the task's head."""
    return BinaryCrossEntropy() if task.head == "sequence_per_label" else CrossEntropy()


def make_criterion(
    task: Task, config: StudentConfig, examples: Sequence[TrainingExample]
) -> nn.Module:
    """Return the criterion of a training without a CRF.

    Args:
        task: the task; its head decides the criterion.
        config: settings of the noise-robust losses.
        examples: all training examples.
    """
    if config.noise.is_on:
        return NoiseRobustLoss(config.noise, examples, len(task.classes))
    return plain_criterion(task)
