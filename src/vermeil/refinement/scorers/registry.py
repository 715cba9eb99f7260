"""Table of the auxiliary scorers that a configuration can switch on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from vermeil.data.progress import Progress
from vermeil.refinement.cache import ClassProbabilities
from vermeil.refinement.judge_corpora import JudgeCorpora
from vermeil.refinement.scorers.corrector import corrector_probabilities
from vermeil.refinement.scorers.dynamics import dynamics_probabilities
from vermeil.refinement.scorers.settings import ScorerSettings
from vermeil.selection.config import SelectionConfig


@dataclass(frozen=True, slots=True)
class ScorerSpec:
    """An auxiliary scorer.

    Args:
        enabled: returns whether the ``[selection]`` section switches the scorer on.
        probabilities: returns class probabilities of all documents, by name of the signal. It is
            called with gold and silver, the training settings, and a progress callback.
    """

    enabled: Callable[[SelectionConfig], bool]
    probabilities: Callable[[JudgeCorpora, ScorerSettings, Progress], dict[str, ClassProbabilities]]


SCORERS: dict[str, ScorerSpec] = {
    "corrector": ScorerSpec(lambda config: config.corrector, corrector_probabilities),
    "dynamics": ScorerSpec(lambda config: config.dynamics, dynamics_probabilities),
}
"""Auxiliary scorers by their key in the ``[selection]`` section. Each adds signals to the judge."""
