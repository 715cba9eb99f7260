"""Data, plan and settings of a training, and their fingerprint."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch

from vermeil.data.example import BatchPlan, TrainingExample
from vermeil.student.config import RESULT_INDEPENDENT_KEYS, StudentConfig
from vermeil.student.loop.checkpoint import flatten
from vermeil.student.loop.distributed import DistributedContext


@dataclass(frozen=True, slots=True)
class FitInputs:
    """Data, plan and settings of a training.

    Args:
        examples: all examples, gold first, as the plan numbers them.
        plan: the examples of every step.
        config: learning rate, dropout and the other settings of the student.
        seed: seed of the dropout.
        padding: id of the padding wordpiece.
    """

    examples: Sequence[TrainingExample]
    plan: BatchPlan
    config: StudentConfig
    seed: int
    padding: int

    def fingerprint_inputs(self, distributed: DistributedContext) -> dict[str, Any]:
        """Return everything that decides the result of the training, by name, for a checkpoint.

        Args:
            distributed: the processes that share the work.
        """
        data, batches = hashlib.sha256(), hashlib.sha256()
        for e in self.examples:
            for array in (e.input_ids, e.features, e.classes, e.weights, e.positions, e.soft):
                data.update(b"|" if array is None else array.tobytes() + b"|")
            if e.unknown is not None:
                data.update(b"unknown:" + e.unknown.tobytes() + b"|")
            for array in () if e.pairs is None else e.pairs.arrays():
                data.update(b"p" + array.tobytes() + b"|")
        for batch in self.plan.batches:
            batches.update(batch.tobytes() + b"|")
        settings = self.config.model_dump(mode="json", exclude=RESULT_INDEPENDENT_KEYS)
        return {
            "gold examples": self.plan.gold_examples,
            "silver examples": len(self.examples) - self.plan.gold_examples,
            "digest of the examples": data.hexdigest()[:16],
            "steps": self.plan.steps,
            "wordpieces": self.plan.total_wordpieces,
            "digest of the plan": batches.hexdigest()[:16],
            "seed": self.seed,
            "processes": distributed.world_size,
            "torch": torch.__version__,
            **flatten(settings, "student"),
        }
