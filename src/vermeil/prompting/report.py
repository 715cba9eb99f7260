"""Result of an optimisation of the prompt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from vermeil.prompting.crossfit import CrossFittedGain, FoldResult
from vermeil.prompting.optimiser import CandidateTrial
from vermeil.prompting.prompt import Prompt, prompt_diff


@dataclass(frozen=True, slots=True)
class OptimizeSpending:
    """Calls, tokens and cost of an optimisation, including its interrupted runs.

    Args:
        calls: number of attempts that were sent.
        tokens: their tokens.
        cost_usd: their cost in US dollars; None if a price is not known.
    """

    calls: int
    tokens: int
    cost_usd: float | None


@dataclass(frozen=True, slots=True)
class OptimizeReport:
    """Result of `optimize`.

    Args:
        documents: number of scored gold documents.
        groups: number of their groups.
        start: the prompt before.
        prompt: the optimised prompt; equal to ``start`` if no gain is significant.
        gain: the cross-fitted gain.
        folds: the results of all folds.
        trials: candidates of the optimisation on all gold; empty if it was not run.
        spending: what was spent.
        warnings: limits that ended the search, and problems of the coach.
    """

    documents: int
    groups: int
    start: Prompt
    prompt: Prompt
    gain: CrossFittedGain
    folds: tuple[FoldResult, ...]
    trials: tuple[CandidateTrial, ...]
    spending: OptimizeSpending
    warnings: tuple[str, ...] = ()

    @property
    def is_improved(self) -> bool:
        """Return whether the optimised prompt is recommended."""
        return self.gain.is_significant and self.prompt != self.start

    @property
    def diff(self) -> str:
        """The change of the prompt as a unified diff; empty: no change is recommended."""
        return prompt_diff(self.start, self.prompt)

    @property
    def prompt_tokens(self) -> tuple[float, float]:
        """Tokens of a prompt before and after, mean over the held-out documents."""
        before = sum(fold.before.prompt_tokens for fold in self.folds)
        after = sum(fold.after.prompt_tokens for fold in self.folds)
        return before / self.documents, after / self.documents

    @property
    def recommendation(self) -> str:
        """The recommendation in words, with the numbers behind it."""
        found = self.gain.comparison
        numbers = (
            f"{100 * found.difference:+.1f} F1 on held-out gold (95 % interval "
            f"{100 * found.low:+.1f} to {100 * found.high:+.1f}, bootstrap p = "
            f"{found.p_value:.3f}, randomisation p = {self.gain.exchange_p:.3f}, "
            f"{found.groups} groups)"
        )
        if self.is_improved:
            return f"Use the optimised prompt: {numbers}."
        if self.gain.is_significant:
            return f"Keep the old prompt: the optimisation on all gold changed nothing; {numbers}."
        hint = " (suggestive: only one test is below .05)" * (self.gain.verdict == "suggestive")
        return f"Keep the old prompt: no significant gain{hint}; {numbers}."

    def as_dict(self) -> dict[str, Any]:
        """Return the report for JSON."""
        before, after = self.prompt_tokens
        return {
            "documents": self.documents,
            "groups": self.groups,
            "improved": self.is_improved,
            "recommendation": self.recommendation,
            "gain": self.gain.as_dict(),
            "folds": [fold.as_dict() for fold in self.folds],
            "start": self.start.as_dict(),
            "prompt": self.prompt.as_dict(),
            "diff": self.diff,
            "trials": [trial.as_dict() for trial in self.trials],
            "prompt_tokens": {"before": before, "after": after},
            "spent": {
                "calls": self.spending.calls,
                "tokens": self.spending.tokens,
                "cost_usd": self.spending.cost_usd,
            },
            "warnings": list(self.warnings),
        }
