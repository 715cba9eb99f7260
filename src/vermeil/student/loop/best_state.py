"""The state of training with the best F1 on dev, and early stopping."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from vermeil.student.config import StudentConfig


class BestState:
    """The best weights so far, in memory.

    Args:
        steps: number of steps of the whole training.
        config: number of evaluations, and patience of early stopping.
    """

    def __init__(self, steps: int, config: StudentConfig) -> None:
        number = min(config.evaluations, steps)
        self._due = {round(i * steps / number) for i in range(1, number + 1)}
        self._patience = config.patience
        self._f1, self._evaluations_without_gain = -1.0, 0
        self._weights: dict[str, torch.Tensor] = {}

    def is_due(self, step: int) -> bool:
        """Return whether to score after this step, counted from 1."""
        return step in self._due

    def update(self, f1: float, trained: nn.Module) -> None:
        """Keep the weights unless an earlier F1 is higher; of equal F1, keep the later weights."""
        self._evaluations_without_gain = 0 if f1 > self._f1 else self._evaluations_without_gain + 1
        if f1 >= self._f1:
            self._f1 = f1
            self._weights = {
                name: value.detach().cpu().clone() for name, value in trained.state_dict().items()
            }

    @property
    def should_stop(self) -> bool:
        """Return whether ``patience`` evaluations have passed without a better F1."""
        return self._patience is not None and self._evaluations_without_gain >= self._patience

    def restore(self, trained: nn.Module) -> None:
        """Load the best weights; without any evaluation the weights stay as they are."""
        if self._weights:
            trained.load_state_dict(self._weights)

    def state_dict(self) -> dict[str, Any]:
        """Return the state for a checkpoint."""
        return {"f1": self._f1, "since": self._evaluations_without_gain, "weights": self._weights}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore a state that `state_dict` returned."""
        self._f1, self._evaluations_without_gain = state["f1"], state["since"]
        self._weights = state["weights"]
