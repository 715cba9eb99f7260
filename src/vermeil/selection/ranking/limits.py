"""Limits on what the chosen documents may cost together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from vermeil.selection.ranking.choice import RankedChoice


@dataclass(frozen=True, slots=True)
class CostLimit:
    """A limit on one kind of cost.

    Args:
        most: largest sum.
        costs: cost of each document: float64, shape (documents,).
    """

    most: float
    costs: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class RankLimits:
    """All limits; a document is taken only if it fits each of them.

    Args:
        documents: largest number of documents; None: no limit.
        costs: limit of every kind of cost, by name.
    """

    documents: int | None = None
    costs: Mapping[str, CostLimit] = field(default_factory=dict)

    def places(self, total: int) -> int:
        """Return the expected number of documents within the limits, at their mean cost.

        Args:
            total: number of documents to choose from.
        """
        counts = [float(total)]
        if self.documents is not None:
            counts.append(self.documents)
        for limit in self.costs.values():
            mean = float(limit.costs.mean()) if len(limit.costs) else 0.0
            if mean > 0:
                counts.append(limit.most / mean)
        return int(min(counts))

    def take(self, choices: Iterable[RankedChoice]) -> Iterator[RankedChoice]:
        """Yield the documents that fit the rest of every limit, in order.

        A document that does not fit is left out, and the next ones are tried. The search ends when
        the cheapest document of all no longer fits.
        """
        spent = dict.fromkeys(self.costs, 0.0)
        taken = 0
        for choice in choices:
            if self._is_exhausted(taken, spent):
                return
            after = {
                name: spent[name] + float(limit.costs[choice.index])
                for name, limit in self.costs.items()
            }
            if any(after[name] > limit.most for name, limit in self.costs.items()):
                continue
            spent, taken = after, taken + 1
            yield choice
            if self._is_exhausted(taken, spent):
                return

    def _is_exhausted(self, taken: int, spent: Mapping[str, float]) -> bool:
        if self.documents is not None and taken >= self.documents:
            return True
        return any(
            spent[name] + float(limit.costs.min()) > limit.most
            for name, limit in self.costs.items()
        )
