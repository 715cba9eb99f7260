"""What a pilot found: a trial per way of asking, and which one to take."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vermeil.data.counts import Counts
from vermeil.data.reply import State, Usage
from vermeil.evaluation.bootstrap import Comparison

CostFunction = Callable[[str, Usage], float | None]
"""From a model's name and its tokens to money; None where nobody knows."""

Interval = tuple[float, float]

_TOLERANCE = 0.01
"""F1; who is further behind than this is not taken for being cheaper, however wide the interval."""

_MINIMUM_WIDTH = 1e-6


@dataclass(frozen=True, slots=True)
class Variant:
    """One way of asking.

    Args:
        model: the model's name.
        prompt: the prompt's name.
        reply_format: how the answer is written; None: as the task has it.
        demonstrations: their kind.
        count: how many demonstrations.
    """

    model: str
    prompt: str
    reply_format: str | None
    demonstrations: str
    count: int

    @property
    def name(self) -> str:
        """All choices in words."""
        shown = "" if self.demonstrations == "none" else f"{self.count} {self.demonstrations}"
        parts = (self.model, self.prompt, self.reply_format, shown or "no demonstrations")
        return ", ".join(part for part in parts if part)

    def toml(self) -> str:
        """Return the lines of ``vermeil.toml`` that ask in this way."""
        lines = ["[teacher]", f"model = {_quoted(self.model)}", f"prompt = {_quoted(self.prompt)}"]
        lines += ["", "[teacher.demonstrations]", f"kind = {_quoted(self.demonstrations)}"]
        if self.demonstrations != "none":
            lines.append(f"count = {self.count}")
        if self.reply_format is not None:
            lines = ["[task]", f"reply_format = {_quoted(self.reply_format)}", "", *lines]
        return "\n".join(lines) + "\n"


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of one way of asking, over the whole sample.

    Args:
        variant: how it was asked.
        states: how many documents ended in each state.
        counts: against gold; a document without a usable answer counts as nothing found.
        intervals: 95 % bootstrap intervals of ``precision``, ``recall`` and ``f1``.
        unlocatable: share of the mentions that are not in the text.
        leaked: mentions that come from a demonstration.
        usage: tokens of all stored replies.
        cost: money of all stored replies; None: unknown.
        latency: median and 95th percentile, in seconds; None: there was no reply.
    """

    variant: Variant
    states: Mapping[State, int]
    counts: Counts
    intervals: Mapping[str, Interval]
    unlocatable: float
    leaked: int
    usage: Usage
    cost: float | None
    latency: tuple[float, float] | None

    @property
    def f1(self) -> float:
        """Micro-F1."""
        return self.counts.overall.f1

    @property
    def unparsable(self) -> float:
        """Share of the documents that were answered, but not usably."""
        bad = (State.UNPARSABLE, State.TRUNCATED, State.REFUSED)
        return sum(self.states.get(state, 0) for state in bad) / self.counts.documents

    @property
    def failed(self) -> int:
        """Documents without any answer."""
        waiting = (State.FAILED, State.PENDING, State.OVER_BUDGET)
        return sum(self.states.get(state, 0) for state in waiting)

    @property
    def tokens(self) -> float:
        """Tokens per document, question and answer."""
        total = self.usage.prompt_tokens + self.usage.completion_tokens
        return total / self.counts.documents

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        overall, number = self.counts.overall, self.counts.documents
        return {
            "model": self.variant.model,
            "prompt": self.variant.prompt,
            "reply_format": self.variant.reply_format,
            "demonstrations": self.variant.demonstrations,
            "precision": overall.precision,
            "recall": overall.recall,
            "f1": overall.f1,
            "intervals": {name: list(ends) for name, ends in self.intervals.items()},
            "states": {s.value: self.states[s] for s in State if s in self.states},
            "unparsable": self.unparsable,
            "unlocatable": self.unlocatable,
            "leaked": self.leaked,
            "prompt_tokens_per_1000": 1000 * self.usage.prompt_tokens / number,
            "completion_tokens_per_1000": 1000 * self.usage.completion_tokens / number,
            "cost_per_1000": None if self.cost is None else 1000 * self.cost / number,
            "latency_median": self.latency and self.latency[0],
            "latency_p95": self.latency and self.latency[1],
        }


@dataclass(frozen=True, slots=True)
class PilotReport:
    """All trials, best F1 first, and which way of asking to take.

    Args:
        documents: how many were asked about.
        trials: best F1 first.
        differences: per trial, its F1 minus that of the best, on the same documents; None for the best.
        recommended: position of the trial to take.
    """

    documents: int
    trials: tuple[Trial, ...]
    differences: tuple[Comparison | None, ...]
    recommended: int

    @property
    def recommendation(self) -> str:
        """Which way of asking to take and why, in words."""
        best, taken = self.trials[0], self.trials[self.recommended]
        words = f"Take {taken.variant.name}: F1 {_with_interval(taken)}"
        lag = self.differences[self.recommended]
        if len(self.trials) == 1:
            words += ". There was nothing to compare it with."
        elif lag is None:
            words += f", the best of {len(self.trials)}."
        else:
            saved = 1 - _costs(self.trials)[self.recommended] / _costs(self.trials)[0]
            words += (
                f". {best.variant.name} has F1 {_with_interval(best)}, which is not reliably "
                f"better (by {-100 * lag.difference:.1f} points, 95 % interval "
                f"{-100 * lag.high:.1f} to {-100 * lag.low:.1f}), and this one costs "
                f"{saved:.0%} less."
            )
        low, high = taken.intervals["f1"]
        known = f"F1 is known to about ±{50 * (high - low):.1f} points"
        if high - low < _MINIMUM_WIDTH:
            known = "there are too few errors to say how sure that is"
        words += f" On {self.documents} documents {known}."
        failed = sum(trial.failed for trial in self.trials)
        if failed:
            words += f" {failed} requests brought no answer and count as nothing found: run again."
        return words

    def toml(self) -> str:
        """Return the lines of ``vermeil.toml`` to paste."""
        return self.trials[self.recommended].variant.toml()

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "documents": self.documents,
            "trials": [
                {**trial.as_dict(), "behind_best": lag and lag.as_dict()}
                for trial, lag in zip(self.trials, self.differences, strict=True)
            ],
            "taken": self.recommended,
            "recommendation": self.recommendation,
            "toml": self.toml(),
        }


def recommend(trials: Sequence[Trial], differences: Sequence[Comparison | None]) -> int:
    """Return which trial to take: the cheapest of those that are as good as the best.

    As good is whose interval of the difference reaches zero, and who is at most one point behind:
    on a small sample hardly any difference is certain, which does not make all equal.
    """
    expense = _costs(trials)
    good = [
        i
        for i, lag in enumerate(differences)
        if lag is None or (lag.high >= 0 and lag.difference >= -_TOLERANCE)
    ]
    return min(good, key=lambda i: (expense[i], i))


def _costs(trials: Sequence[Trial]) -> list[float]:
    """Return what each trial cost: in money where all prices are known, else in tokens."""
    costs = [trial.cost for trial in trials if trial.cost is not None]
    if len(costs) == len(trials) and any(costs):
        return costs
    return [max(trial.tokens, 1e-9) for trial in trials]


def _with_interval(trial: Trial) -> str:
    low, high = trial.intervals["f1"]
    return f"{trial.f1:.3f} ({low:.3f} to {high:.3f})"


def _quoted(value: str) -> str:
    """Return a TOML string."""
    return json.dumps(value, ensure_ascii=False)
