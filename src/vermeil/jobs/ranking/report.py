"""Result of `vermeil.rank`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class RankEntry:
    """A ranked document.

    Args:
        id: id of the document.
        value: the strategy's value of the document at this place.
        reason: why the document has this place, in words.
        costs: expected costs: ``tokens`` and ``usd`` of the teacher (usd if the price is known), or
            ``minutes`` of a person.
    """

    id: str
    value: float
    reason: str
    costs: Mapping[str, float]

    def as_dict(self, place: int) -> dict[str, Any]:
        """Return the document as a JSON object.

        Args:
            place: place in the order, from 1.
        """
        return {
            "id": self.id,
            "place": place,
            "value": round(self.value, 6),
            "reason": self.reason,
            **_rounded(self.costs),
        }


@dataclass(frozen=True, slots=True)
class RankReport:
    """Result of `vermeil.rank`; each document is in ``entries`` or counted in ``left_out``.

    Args:
        annotator: ``teacher`` or ``person``.
        strategy: name of the strategy.
        documents: number of documents given.
        entries: the documents to annotate, in order.
        left_out: number of documents that are not ranked, by reason: ``stored_reply``,
            ``without_annotation`` of the teacher, ``annotated`` text, ``near_duplicate``,
            ``without_region`` to review, and ``over_limit``.
        costs: expected costs of all entries together.
        based_on_replies: number of stored replies behind the estimate of tokens; 0: rules of thumb.
        warnings: remarks on the signals.
    """

    annotator: str
    strategy: str
    documents: int
    entries: tuple[RankEntry, ...]
    left_out: Mapping[str, int]
    costs: Mapping[str, float]
    based_on_replies: int = 0
    warnings: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        total = len(self.entries) + sum(self.left_out.values())
        if total != self.documents:
            raise AssertionError(f"{self.documents} documents, but {total} ranked or left out")

    def as_dict(self) -> dict[str, Any]:
        """Return the report for JSON, without the entries."""
        return {
            "annotator": self.annotator,
            "strategy": self.strategy,
            "documents": self.documents,
            "ranked": len(self.entries),
            "left_out": dict(self.left_out),
            "expected": _rounded(self.costs),
            **({"based_on_replies": self.based_on_replies} if self.annotator == "teacher" else {}),
            "warnings": list(self.warnings),
        }


def _rounded(costs: Mapping[str, float]) -> dict[str, float]:
    """Return costs for JSON: tokens as whole numbers, others with six decimals."""
    return {
        name: round(cost) if name == "tokens" else round(cost, 6) for name, cost in costs.items()
    }
