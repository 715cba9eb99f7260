"""Ranking of documents for human review, by expected errors and their influence."""

from __future__ import annotations

import heapq
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from vermeil.selection.policies import JudgedRegion
from vermeil.selection.surfaces import SurfaceStatistics, WordIndex

SECONDS_PER_WORD, SECONDS_PER_DOCUMENT = 0.25, 5.0
"""Reading time: 240 words per minute, plus a fixed time per document."""

REPEAT_DISCOUNT = 0.5
"""Factor on the gain of an uncertain surface for each document ranked before that contains it."""


@dataclass(frozen=True, slots=True)
class UncertainRegion:
    """A region with its probability of error and its influence.

    Args:
        surfaces: surfaces of its candidates' spans, case-folded.
        error: probability that the most probable candidate is wrong.
        influence: log(1 + occurrences of its most frequent surface in all texts).
    """

    surfaces: tuple[str, ...]
    error: float
    influence: float


@dataclass(frozen=True, slots=True)
class RankedDocument:
    """A document of the ranking.

    Args:
        index: index of the document in the input.
        priority: expected errors × influence per minute of reading, given the documents before it.
        errors: expected number of wrong regions.
    """

    index: int
    priority: float
    errors: float


def uncertain_regions(
    words: WordIndex, regions: Sequence[JudgedRegion], statistics: SurfaceStatistics
) -> tuple[UncertainRegion, ...]:
    """Return the uncertain regions of a document.

    Args:
        words: the words of its text.
        regions: its judged regions.
        statistics: surface statistics over all texts.
    """
    found = []
    for region in regions:
        error = 1 - float(region.probabilities.max())
        ranges = {key[:2] for candidate in region.region.candidates for key in candidate}
        surfaces = sorted(s for r in ranges if (s := words.surface(*r)) is not None)
        counts = [statistics.counts(surface) for surface in surfaces]
        most = max((float(c.sum()) for c in counts if c is not None), default=0.0)
        found.append(UncertainRegion(tuple(surfaces), error, math.log1p(most)))
    return tuple(found)


def rank(
    documents: Sequence[tuple[WordIndex, Sequence[UncertainRegion]]], limit: int | None = None
) -> tuple[RankedDocument, ...]:
    """Return documents in the order of review, by greedy selection.

    Each step selects the document with the highest priority. The gain of a region is multiplied by
    `REPEAT_DISCOUNT` for each selected document with the same surface. Priorities never increase,
    so an old priority is an upper bound, and most documents are not recomputed (M. Minoux,
    Accelerated greedy algorithms for maximizing submodular set functions, 1978).

    Args:
        documents: words and uncertain regions of each document.
        limit: maximum number of documents; None: all with an uncertain region.
    """
    selected: Counter[str] = Counter()

    def priority(index: int) -> float:
        words, regions = documents[index]
        minutes = (SECONDS_PER_DOCUMENT + SECONDS_PER_WORD * len(words.ranges)) / 60
        discounts = (REPEAT_DISCOUNT ** _times_selected(r, selected) for r in regions)
        gains = (r.error * r.influence * d for r, d in zip(regions, discounts, strict=True))
        return sum(gains) / minutes

    queue = [(-priority(i), i) for i, (_, regions) in enumerate(documents) if regions]
    heapq.heapify(queue)
    ranked: list[RankedDocument] = []
    while queue and (limit is None or len(ranked) < limit):
        _, index = heapq.heappop(queue)
        current = priority(index)
        if queue and current < -queue[0][0]:
            heapq.heappush(queue, (-current, index))
            continue
        regions = documents[index][1]
        ranked.append(RankedDocument(index, current, sum(r.error for r in regions)))
        selected.update(surface for r in regions for surface in r.surfaces)
    return tuple(ranked)


def _times_selected(region: UncertainRegion, selected: Counter[str]) -> int:
    return max((selected[surface] for surface in region.surfaces), default=0)
