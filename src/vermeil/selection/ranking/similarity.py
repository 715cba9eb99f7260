"""Representative documents: greedy maximisation of the facility-location function.

The value of a set of documents is the sum, over all documents, of the cosine similarity to the most
similar document of the set (negative similarities count as 0). A document that resembles many
others adds much, unless a document like it was chosen before.

Sources: K. Wei, R. Iyer and J. Bilmes, Submodularity in data subset selection and active learning
(ICML 2015): the function; M. Minoux, Accelerated greedy algorithms for maximizing submodular set
functions (1978): lazy evaluation.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

_BLOCK = 512
_LAZY = 32
"""Gains that are updated together; one matrix product is faster than many."""


def facility_location(
    embeddings: NDArray[np.float32], chosen: Iterable[int] = ()
) -> Iterator[tuple[int, float]]:
    """Yield the documents in greedy order, each with the gain of the function when it is chosen.

    Args:
        embeddings: normalised embeddings: float32, shape (documents, size).
        chosen: documents that are in the set from the beginning; they are not yielded.
    """
    size = len(embeddings)
    covered = np.zeros(size, np.float32)
    taken = set(chosen)
    for index in taken:
        np.maximum(covered, embeddings @ embeddings[index], out=covered)

    def gains(indices: NDArray[np.int64]) -> NDArray[np.float32]:
        similarity = embeddings[indices] @ embeddings.T
        total: NDArray[np.float32] = np.maximum(similarity - covered, 0).sum(axis=1)
        return total

    left = np.array([index for index in range(size) if index not in taken], np.int64)
    blocks = [left[start : start + _BLOCK] for start in range(0, len(left), _BLOCK)]
    first = [gain for block in blocks for gain in gains(block).tolist()]
    queue = [(-gain, index) for gain, index in zip(first, left.tolist(), strict=True)]
    heapq.heapify(queue)
    while queue:
        best = [heapq.heappop(queue)[1] for _ in range(min(_LAZY, len(queue)))]
        fresh = sorted(zip((-gains(np.array(best))).tolist(), best, strict=True))
        # Gains never increase, so an old gain is an upper bound.
        is_chosen = not queue or fresh[0][0] <= queue[0][0]
        for entry in fresh[is_chosen:]:
            heapq.heappush(queue, entry)
        if is_chosen:
            gain, index = -fresh[0][0], fresh[0][1]
            np.maximum(covered, embeddings @ embeddings[index], out=covered)
            yield index, gain
