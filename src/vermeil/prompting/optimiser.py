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
from vermeil.prompting.score import PromptScore, is_better
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


class Search:
    """The best prompt so far on some documents, and the candidates that were scored.

    Args:
        name: name of the optimiser.
        start: the prompt to improve.
        documents: the documents on which candidates are scored.
        tools: scoring and limits.
    """

    def __init__(
        self, name: str, start: Prompt, documents: Sequence[Document], tools: OptimiserTools
    ) -> None:
        self._name, self._documents, self._tools = name, documents, tools
        self.best, self.score = start, tools.score(start, documents)
        self._first, self._trials = self.score.f1, list[CandidateTrial]()

    def can_continue(self, further: int = 0) -> bool:
        """Return whether errors are left, and the limits allow one more candidate.

        Args:
            further: number of requests in addition to those of the candidate.
        """
        requests = further + len(self._documents)
        return not self.score.is_perfect and self._tools.allowance.affords(requests)

    def try_candidate(self, candidate: Prompt, change: str) -> bool:
        """Score a candidate; keep it and return True if it is better."""
        scored = self._tools.score(candidate, self._documents)
        kept = is_better(scored, self.score)
        self._trials.append(CandidateTrial(self._name, change, self.score.f1, scored.f1, kept))
        if kept:
            self.best, self.score = candidate, scored
        return kept

    def result(self) -> Optimised:
        """Return the best prompt with its gain and all trials."""
        return Optimised(self.best, self.score.f1 - self._first, tuple(self._trials))


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
