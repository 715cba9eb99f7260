"""Strategy diversity: k-centre over sentence embeddings, by farthest-first traversal.

Each step chooses the document with the largest distance to its nearest chosen or annotated text.
The distance is 1 − cosine similarity. After k steps, the largest distance of any document to its
nearest centre is at most twice the smallest possible one, in a metric space.

Sources: T. F. Gonzalez, Clustering to minimize the maximum intercluster distance (1985): traversal
and bound; O. Sener and S. Savarese, Active learning for convolutional neural networks: a core-set
approach (ICLR 2018): selection for annotation, with the annotated texts as first centres.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from vermeil.selection.ranking.choice import RankedChoice, RankSignals

FAR = 2.0
"""Largest value of 1 − cosine similarity: the distance while there is no centre."""

_BLOCK = 1024

Start = Literal["typical", "unusual"]
"""First centre, if no text is annotated. typical: most similar to the mean of all documents.
unusual: least similar to it."""


class CentreDistances:
    """Distance of every document to its nearest centre.

    Args:
        embeddings: normalised embeddings of the documents: float32, shape (documents, size).
        centres: embeddings of texts that are centres from the beginning, shape (centres, size).
    """

    def __init__(
        self, embeddings: NDArray[np.float32], centres: NDArray[np.float32] | None = None
    ) -> None:
        self._embeddings = embeddings
        self.nearest = np.full(len(embeddings), FAR, np.float32)
        """Distance of each document to its nearest centre: float32, shape (documents,)."""
        self.has_centres = centres is not None and len(centres) > 0
        """Whether there is any centre yet."""
        if centres is not None:
            for start in range(0, len(centres), _BLOCK):
                block = centres[start : start + _BLOCK]
                self._update((embeddings @ block.T).max(axis=1))

    def add(self, index: int) -> None:
        """Make a document a centre."""
        self._update(self._embeddings @ self._embeddings[index])
        self.nearest[index] = 0
        self.has_centres = True

    def farthest(self, indices: Sequence[int] | NDArray[np.int64]) -> int:
        """Return the position in ``indices`` of the document with the largest distance."""
        return int(np.argmax(self.nearest[indices]))

    def _update(self, similarity: NDArray[np.float32]) -> None:
        np.minimum(self.nearest, np.clip(1 - similarity, 0, FAR), out=self.nearest)


def diversity_order(signals: RankSignals) -> Iterator[RankedChoice]:
    """Yield the documents by farthest-first traversal.

    Without annotated texts, the first document is the one most similar to the mean of all.
    """
    for index, distance in farthest_first(signals, "typical"):
        yield RankedChoice(index, distance, describe_distance(distance))


def describe_distance(distance: float) -> str:
    """Return a distance to the nearest centre in words."""
    if distance == FAR:
        return "first text; no text is annotated yet"
    return f"distance {distance:.3f} to the nearest chosen or annotated text"


def farthest_first(signals: RankSignals, start: Start) -> Iterator[tuple[int, float]]:
    """Yield the documents by farthest-first traversal, each with its distance when it is chosen.

    Args:
        signals: embeddings of documents and of annotated texts.
        start: the first document, if no text is annotated.
    """
    embeddings = signals.embeddings
    if embeddings is None:
        raise ValueError("diversity needs embeddings")
    distances = CentreDistances(embeddings, signals.seen_embeddings)
    left = np.arange(len(embeddings))
    while len(left):
        place = distances.farthest(left)
        if not distances.has_centres:
            similarity = embeddings @ embeddings.mean(axis=0)
            place = int(np.argmax(similarity if start == "typical" else -similarity))
        index = int(left[place])
        distance = float(distances.nearest[index])
        left = np.delete(left, place)
        distances.add(index)
        yield index, distance
