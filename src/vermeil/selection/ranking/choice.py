"""Signals that strategies rank documents by, and the documents that they choose."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vermeil.selection.ranking.expected_errors import UncertainRegion
from vermeil.selection.surfaces import WordIndex


@dataclass(frozen=True, slots=True)
class RankedChoice:
    """A document at its place in the order.

    Args:
        index: index of the document in the input.
        value: the strategy's value of the document at this place, for example its uncertainty.
        reason: why the document has this place, in words.
    """

    index: int
    value: float
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RankSignals:
    """Signals of the documents to rank. A strategy names the signals that it needs.

    Args:
        costs: cost of each document, above 0: float64, shape (documents,).
        unit: unit of the costs, for reasons: ``token`` or ``minute``.
        seed: seed of the random order.
        places: expected number of documents within the limits.
        embeddings: normalised sentence embeddings: float32, shape (documents, size).
        seen_embeddings: the same of the texts that are annotated already, shape (seen, size).
        uncertainties: mean uncertainty of a document's words: float64, shape (documents,).
        words: number of words of each document: int64, shape (documents,).
        regions: words and uncertain regions of each document.
    """

    costs: NDArray[np.float64]
    unit: str = "token"
    seed: int = 0
    places: int = 0
    embeddings: NDArray[np.float32] | None = None
    seen_embeddings: NDArray[np.float32] | None = None
    uncertainties: NDArray[np.float64] | None = None
    words: NDArray[np.int64] | None = None
    regions: Sequence[tuple[WordIndex, Sequence[UncertainRegion]]] | None = None

    @property
    def documents(self) -> int:
        """Number of documents."""
        return len(self.costs)
