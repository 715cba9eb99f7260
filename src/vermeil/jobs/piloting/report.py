"""Result of a pilot: one trial per variant of the prompt, and a recommendation."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from vermeil.data.counts import Counts
from vermeil.data.reply import State, Usage
from vermeil.evaluation.bootstrap import Comparison
from vermeil.teacher.usability import Usability

Interval = tuple[float, float]

_TOLERANCE = 0.01
"""Largest F1 difference to the best trial at which a cheaper trial is recommended."""

_MINIMUM_WIDTH = 1e-6


@dataclass(frozen=True, slots=True)
class Variant:
    """One variant of the prompt.

    Args:
        model: name of the model.
        prompt: name of the prompt.
        reply_format: reply format; None is the format of the task.
        demonstrations: kind of demonstrations.
        count: number of demonstrations.
        structured: value of ``teacher.structured``; None is that of the teacher.
    """

    model: str
    prompt: str
    reply_format: str | None
    demonstrations: str
    count: int
    structured: str | None = None

    @property
    def name(self) -> str:
        """The variant in words."""
        shown = "" if self.demonstrations == "none" else f"{self.count} {self.demonstrations}"
        free = "" if self.structured is None else "no schema"
        parts = (self.model, self.prompt, self.reply_format, free, shown or "no demonstrations")
        return ", ".join(part for part in parts if part)

    def toml(self) -> str:
        """Return the lines of ``vermeil.toml`` for this variant."""
        lines = ["[teacher]", f"model = {_quoted(self.model)}", f"prompt = {_quoted(self.prompt)}"]
        if self.structured is not None:
            lines.append(f"structured = {_quoted(self.structured)}")
        lines += ["", "[teacher.demonstrations]", f"kind = {_quoted(self.demonstrations)}"]
        if self.demonstrations != "none":
            lines.append(f"count = {self.count}")
        if self.reply_format is not None:
            lines = ["[task]", f"reply_format = {_quoted(self.reply_format)}", "", *lines]
        return "\n".join(lines) + "\n"


@dataclass(frozen=True, slots=True)
class Trial:
    """Result of one variant over the whole sample.

    Args:
        variant: the variant.
        states: number of documents in each state.
        counts: scores against gold; a document without a usable reply counts as predicted empty.
        intervals: 95 % bootstrap intervals of ``precision``, ``recall`` and ``f1``.
        unlocatable: share of the mentions that are not in the text.
        leaked: number of mentions that come from a demonstration.
        usage: tokens of all stored replies.
        cost: cost of all stored replies in US dollars; None if the price is not known.
        latency: median and 95th percentile, in seconds; None if there was no reply.
        usability: numbers of documents with a usable reply, of failures and of problems.
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
    usability: Usability = field(default_factory=Usability)

    @property
    def f1(self) -> float:
        """Micro-F1."""
        return self.counts.overall.f1

    @property
    def unparsable(self) -> float:
        """Share of the documents whose reply is not usable, or whose mentions are all lost."""
        bad = (State.UNPARSABLE, State.TRUNCATED, State.REFUSED, State.UNPLACED)
        return sum(self.states.get(state, 0) for state in bad) / self.counts.documents

    @property
    def failed(self) -> int:
        """Number of documents without a reply."""
        waiting = (State.FAILED, State.PENDING, State.OVER_BUDGET)
        return sum(self.states.get(state, 0) for state in waiting)

    @property
    def tokens(self) -> float:
        """Tokens per document, prompt and reply."""
        total = self.usage.prompt_tokens + self.usage.completion_tokens
        return total / self.counts.documents

    def as_dict(self) -> dict[str, Any]:
        """Return the trial for JSON."""
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
            **self.usability.as_dict(),
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
    """All trials, best F1 first, and the recommended variant.

    Args:
        documents: number of documents in the sample.
        trials: the trials, best F1 first.
        differences: F1 of each trial minus F1 of the best, on the same documents; None for the
            best.
        recommended: index of the recommended trial.
    """

    documents: int
    trials: tuple[Trial, ...]
    differences: tuple[Comparison | None, ...]
    recommended: int

    @property
    def warnings(self) -> tuple[str, ...]:
        """One line for every variant with documents that have no usable reply."""
        return tuple(
            f"{trial.variant.name}: " + "; ".join(trial.usability.describe("documents").split("\n"))
            for trial in self.trials
            if trial.usability.unusable
        )

    @property
    def recommendation(self) -> str:
        """The recommended variant and the reason, in words."""
        best, chosen = self.trials[0], self.trials[self.recommended]
        text = f"Recommended: {chosen.variant.name} with F1 {_with_interval(chosen)}"
        difference = self.differences[self.recommended]
        if len(self.trials) == 1:
            text += ", the only variant."
        elif difference is None:
            text += f", the best of {len(self.trials)}."
        else:
            saved = 1 - _costs(self.trials)[self.recommended] / _costs(self.trials)[0]
            text += (
                f". {best.variant.name} has F1 {_with_interval(best)}. The difference of "
                f"{-100 * difference.difference:.1f} points is not significant (95 % interval "
                f"{-100 * difference.high:.1f} to {-100 * difference.low:.1f}), and the "
                f"recommended variant costs {saved:.0%} less."
            )
        low, high = chosen.intervals["f1"]
        precision = f"F1 is precise to about ±{50 * (high - low):.1f} points"
        if high - low < _MINIMUM_WIDTH:
            precision = "there are too few errors to estimate the precision of F1"
        text += f" On {self.documents} documents, {precision}."
        failed = sum(trial.failed for trial in self.trials)
        if failed:
            text += (
                f" {failed} requests failed; their documents count as predicted empty. Run again."
            )
        return text

    def toml(self) -> str:
        """Return the lines of ``vermeil.toml`` for the recommended variant."""
        return self.trials[self.recommended].variant.toml()

    def as_dict(self) -> dict[str, Any]:
        """Return the report for JSON."""
        return {
            "documents": self.documents,
            "trials": [
                {**trial.as_dict(), "behind_best": difference and difference.as_dict()}
                for trial, difference in zip(self.trials, self.differences, strict=True)
            ],
            "recommended": self.recommended,
            "recommendation": self.recommendation,
            "toml": self.toml(),
        }


def recommend(trials: Sequence[Trial], differences: Sequence[Comparison | None]) -> int:
    """Return the index of the cheapest trial that is about as good as the best one.

    A trial qualifies if its difference to the best is not significant (the 95 % interval includes
    zero) and is at most one point of F1. The second condition is needed because on a small sample
    hardly any difference is significant. A trial without a usable reply does not qualify.

    Args:
        trials: the trials, best F1 first.
        differences: F1 of each trial minus F1 of the best; None for the best.
    """
    costs = _costs(trials)
    qualified = [
        i
        for i, one in enumerate(differences)
        if one is None
        or (
            one.high >= 0
            and one.difference >= -_TOLERANCE
            and not trials[i].usability.is_nothing_usable
        )
    ]
    return min(qualified, key=lambda i: (costs[i], i))


def _costs(trials: Sequence[Trial]) -> list[float]:
    """Return the cost of each trial in dollars if all prices are known, else in tokens."""
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
