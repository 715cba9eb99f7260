"""The record of one optimiser step."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class StepRecord:
    """Loss, learning rate, data and speed of one optimiser step.

    Args:
        step: number of the step, from 1.
        loss: weighted mean loss of the batch.
        gold_share: gold share of the batch's wordpieces.
        learning_rate: learning rate of this step.
        wordpieces: wordpieces of this batch, without padding.
        wordpieces_per_second: speed of this step.
        seconds: seconds from the start of training to the end of this step, without interruptions.
        dev_f1: F1 on the documents that select the best state, if they were scored after this step.
    """

    step: int
    loss: float
    gold_share: float
    learning_rate: float
    wordpieces: int
    wordpieces_per_second: float = 0.0
    seconds: float = 0.0
    dev_f1: float | None = None

    def as_dict(self) -> dict[str, float | int]:
        """Return the fields that have a value."""
        return {name: value for name, value in asdict(self).items() if value is not None}

    def as_line(self) -> str:
        """Return one line of JSON, for ``training.jsonl``."""
        return json.dumps(self.as_dict())


OnStep = Callable[[StepRecord], None]
"""Callback, called after every step with its record."""
