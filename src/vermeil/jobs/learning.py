"""How those are trained whose opinion of silver counts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vermeil.blending.config import BlendingConfig
from vermeil.student.config import StudentConfig
from vermeil.tasks.protocol import Task


@dataclass(frozen=True, slots=True)
class Learning:
    """How students are trained whose opinion counts.

    Args:
        task: what they do.
        student: encoder and training settings.
        blending: the budget; the regimen is always Simple Mix, the best on silver as it is.
        seed: draws folds and students.
        folder: where their probabilities are kept.
    """

    task: Task
    student: StudentConfig
    blending: BlendingConfig
    seed: int
    folder: Path

    def blended(self, regimen: str, **budget: Any) -> BlendingConfig:
        """Return a regimen in its simplest form, with so many passes over each origin.

        Args:
            regimen: its name.
            budget: what is different from ``blending.budget``.
        """
        own = self.blending.budget
        passes = {"gold_epochs": own.gold_epochs, "silver_epochs": own.silver_epochs}
        size = {"batch_wordpieces": own.batch_wordpieces}
        return BlendingConfig.model_validate(
            {"regimen": regimen, "budget": {**passes, **size, **budget}}
        )
