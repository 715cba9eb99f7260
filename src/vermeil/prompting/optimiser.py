"""The protocol of optimisers, what they use, and their result."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from vermeil.data.document import Document
from vermeil.data.reply import Message
from vermeil.prompting.allowance import Allowance
from vermeil.prompting.config import OptimizeConfig
from vermeil.prompting.prompt import Prompt
from vermeil.prompting.score import PromptScore
from vermeil.tasks.protocol import Task

ScorePrompt = Callable[[Prompt, Sequence[Document]], PromptScore]
"""Sends the missing requests of a prompt about documents, and scores the replies."""

SendToCoach = Callable[[Sequence[Message]], str | None]
"""Sends messages to the coach; returns its reply, or None without a reply."""


@dataclass(frozen=True, slots=True)
class CandidateTrial:
    """One candidate that an optimiser has scored.

    Args:
        optimiser: name of the optimiser.
        change: the change of the prompt, in words.
        before: F1 of the best prompt so far.
        after: F1 of the candidate on the same documents.
        kept: whether the candidate became the best prompt.
    """

    optimiser: str
    change: str
    before: float
    after: float
    kept: bool

    def as_dict(self) -> dict[str, str | float | bool]:
        """Return the trial for JSON."""
        return {
            "optimiser": self.optimiser,
            "change": self.change,
            "before": self.before,
            "after": self.after,
            "kept": self.kept,
        }


@dataclass(frozen=True, slots=True)
class Optimised:
    """Result of one or several optimisers.

    Args:
        prompt: the best prompt.
        gain: its F1 minus that of the start, on the documents that the optimiser used.
        trials: all scored candidates.
    """

    prompt: Prompt
    gain: float
    trials: tuple[CandidateTrial, ...] = ()


class CoachTally:
    """Counts of the replies of the coach."""

    def __init__(self) -> None:
        self.replies = self.unusable = 0
        self.problem: str | None = None


@dataclass(frozen=True, slots=True)
class OptimiserTools:
    """Everything that an optimiser uses.

    Args:
        task: the task; finds mistakes.
        config: settings of the optimisers.
        score: scores a prompt.
        coach: sends messages to the coach.
        allowance: the share of the limit.
        tally: counts the replies of the coach.
    """

    task: Task
    config: OptimizeConfig
    score: ScorePrompt
    coach: SendToCoach
    allowance: Allowance
    tally: CoachTally


class Optimiser(Protocol):
    """Interface of an optimiser."""

    def __call__(
        self, start: Prompt, documents: Sequence[Document], tools: OptimiserTools
    ) -> Optimised:
        """Return a prompt that is at least as good on the documents.

        Args:
            start: the prompt to improve.
            documents: gold documents without those that ``start`` demonstrates.
            tools: scoring, coach and limits.
        """
