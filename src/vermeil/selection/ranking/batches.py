"""Diverse batches from an order by value.

The best documents by value often resemble each other. Each batch is therefore drawn from its best
`PREFILTER` × size candidates by farthest-first traversal. The best candidate is always taken.

Source: F. Zhdanov, Diverse mini-batch active learning (2019): diversity among the prefiltered most
informative documents; here with farthest-first traversal instead of k-means.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from vermeil.selection.ranking.choice import RankedChoice
from vermeil.selection.ranking.diversity import CentreDistances

PREFILTER = 4
"""Candidates per document of a batch."""


def diverse_batches(
    choices: Iterator[RankedChoice], distances: CentreDistances, size: int
) -> Iterator[RankedChoice]:
    """Yield the documents of an order, batch by batch, each batch in the order of its choice.

    Args:
        choices: documents in the order of their value.
        distances: distances to annotated texts; chosen documents are added.
        size: documents of a batch.
    """
    candidates: list[RankedChoice] = []
    while True:
        candidates.extend(islice(choices, PREFILTER * size - len(candidates)))
        if not candidates:
            return
        for number in range(min(size, len(candidates))):
            indices = [choice.index for choice in candidates]
            position = distances.farthest(indices) if number else 0
            choice = candidates.pop(position)
            distances.add(choice.index)
            yield choice
