"""Additive counts, from which every precision, recall and F1 in Vermeil is computed."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

ErrorKind = Literal["boundary", "type", "both", "missing", "spurious"]
"""Kind of a span error. ``boundary``: only the ends are wrong. ``type``: only the label is wrong.
``both``: ends and label are wrong, and the span overlaps a gold span. ``missing``: a gold span
without a prediction. ``spurious``: a prediction without a gold span."""


@dataclass(frozen=True, slots=True)
class MatchCounts:
    """Correct, predicted and gold items of one kind.

    Precision = correct / predicted, recall = correct / gold, F1 = their harmonic mean. Each is 0
    if its denominator is 0 (as in the scorer of CoNLL).
    """

    correct: int = 0
    predicted: int = 0
    gold: int = 0

    def __add__(self, other: MatchCounts) -> MatchCounts:
        return MatchCounts(
            self.correct + other.correct,
            self.predicted + other.predicted,
            self.gold + other.gold,
        )

    @property
    def precision(self) -> float:
        """Correct / predicted."""
        return self.correct / self.predicted if self.predicted else 0.0

    @property
    def recall(self) -> float:
        """Correct / gold."""
        return self.correct / self.gold if self.gold else 0.0

    @property
    def f1(self) -> float:
        """2 · correct / (predicted + gold)."""
        total = self.predicted + self.gold
        return 2 * self.correct / total if total else 0.0

    def as_dict(self) -> dict[str, float | int]:
        """Return precision, recall, F1 and support, for JSON."""
        return {
            "precision": self.precision,
            "recall": self.recall,
            "f1": self.f1,
            "support": self.gold,
        }


@dataclass(frozen=True, slots=True)
class Counts:
    """Result of scoring one document or many: the counts of many are the sum.

    Args:
        per_label: strict matches by label.
        span_only: matches of the boundaries, ignoring labels; None for tasks without boundaries.
        confusion: (gold label, predicted label) to number; "O" means no span.
        documents: number of scored documents.
        truncated: number of documents whose text was cut off for the predictor.
        errors: (label, kind of error) to number. The label is the gold label, or the predicted
            label of a spurious span. Empty for tasks without boundaries.
        parts: further scores of the same documents by name, which do not enter ``overall``.
    """

    per_label: Mapping[str, MatchCounts] = field(default_factory=dict)
    span_only: MatchCounts | None = None
    confusion: Mapping[tuple[str, str], int] = field(default_factory=dict)
    documents: int = 0
    truncated: int = 0
    errors: Mapping[tuple[str, ErrorKind], int] = field(default_factory=dict)
    parts: Mapping[str, Counts] = field(default_factory=dict)

    def __add__(self, other: Counts) -> Counts:
        return sum_counts((self, other))

    @property
    def overall(self) -> MatchCounts:
        """All labels together (micro average)."""
        return sum(self.per_label.values(), MatchCounts())

    @property
    def macro_f1(self) -> float:
        """Unweighted mean of F1 over the labels that occur in gold or prediction."""
        scores = [m.f1 for m in self.per_label.values() if m.gold or m.predicted]
        return math.fsum(scores) / len(scores) if scores else 0.0

    def as_dict(self) -> dict[str, Any]:
        """Return the counts for JSON, as ``vermeil evaluate --json`` prints them."""
        return {
            "overall": self.overall.as_dict(),
            "macro_f1": self.macro_f1,
            "per_label": {k: self.per_label[k].as_dict() for k in sorted(self.per_label)},
            "span_only": None if self.span_only is None else self.span_only.as_dict(),
            "confusion": [[*pair, self.confusion[pair]] for pair in sorted(self.confusion)],
            "errors": self._errors(),
            "documents": self.documents,
            "truncated": self.truncated,
            **({"parts": {k: v.as_dict() for k, v in self.parts.items()}} if self.parts else {}),
        }

    def _errors(self) -> dict[str, dict[str, int]]:
        kinds: tuple[ErrorKind, ...] = get_args(ErrorKind)
        return {
            label: {kind: self.errors.get((label, kind), 0) for kind in kinds}
            for label in sorted({label for label, _ in self.errors})
        }


def sum_counts(counts: Iterable[Counts]) -> Counts:
    """Return the sum of many counts (in linear time: one mutable pass, not repeated copies)."""
    per_label: dict[str, list[int]] = {}
    confusion: dict[tuple[str, str], int] = {}
    errors: dict[tuple[str, ErrorKind], int] = {}
    span_only: list[int] | None = None
    documents = truncated = 0
    parts: dict[str, list[Counts]] = {}
    for one in counts:
        for name, part in one.parts.items():
            parts.setdefault(name, []).append(part)
        for label, matches in one.per_label.items():
            _accumulate(per_label.setdefault(label, [0, 0, 0]), matches)
        for pair, number in one.confusion.items():
            confusion[pair] = confusion.get(pair, 0) + number
        for error, number in one.errors.items():
            errors[error] = errors.get(error, 0) + number
        if one.span_only is not None:
            span_only = span_only or [0, 0, 0]
            _accumulate(span_only, one.span_only)
        documents += one.documents
        truncated += one.truncated
    return Counts(
        {label: MatchCounts(*values) for label, values in per_label.items()},
        None if span_only is None else MatchCounts(*span_only),
        confusion,
        documents,
        truncated,
        errors,
        {name: sum_counts(found) for name, found in parts.items()},
    )


def _accumulate(sums: list[int], counts: MatchCounts) -> None:
    sums[0] += counts.correct
    sums[1] += counts.predicted
    sums[2] += counts.gold
