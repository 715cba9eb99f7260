"""Choosing the state of training that does best on dev."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from vermeil.student.config import StudentConfig

ScoreFunction = Callable[[], float]
"""Scores the student as it is: F1 on documents to choose by, in [0, 1]."""


class BestState:
    """The best state so far, in memory.

    Args:
        steps: of the whole training.
        config: how often to score, and when to stop.
    """

    def __init__(self, steps: int, config: StudentConfig) -> None:
        number = min(config.evaluations, steps)
        self._due = {round(i * steps / number) for i in range(1, number + 1)}
        self._patience = config.patience
        self._f1, self._evaluations_without_gain = -1.0, 0
        self._weights: dict[str, torch.Tensor] = {}

    def is_due(self, step: int) -> bool:
        """Whether to score after this step (from 1)."""
        return step in self._due

    def update(self, f1: float, trained: nn.Module) -> None:
        """Keep the weights if none before were better: of equals, the longer trained."""
        self._evaluations_without_gain = 0 if f1 > self._f1 else self._evaluations_without_gain + 1
        if f1 >= self._f1:
            self._f1 = f1
            self._weights = {
                name: value.detach().cpu().clone() for name, value in trained.state_dict().items()
            }

    @property
    def should_stop(self) -> bool:
        """Whether too many scorings have passed without a better one."""
        return self._patience is not None and self._evaluations_without_gain >= self._patience

    def restore(self, trained: nn.Module) -> None:
        """Give the best weights back, if there was a scoring at all."""
        if self._weights:
            trained.load_state_dict(self._weights)

    def state_dict(self) -> dict[str, Any]:
        """Return what a checkpoint keeps."""
        return {"f1": self._f1, "since": self._evaluations_without_gain, "weights": self._weights}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from what a checkpoint kept."""
        self._f1, self._evaluations_without_gain = state["f1"], state["since"]
        self._weights = state["weights"]
