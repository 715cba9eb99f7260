"""Expected errors of documents and their influence: the order of a person's review."""

from __future__ import annotations

import heapq
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from vermeil.data.region import Region
from vermeil.selection.policies import JudgedRegion
from vermeil.selection.ranking.config import SECONDS_PER_DOCUMENT, SECONDS_PER_WORD
from vermeil.selection.surfaces import SurfaceStatistics, WordIndex

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
        priority: expected errors × influence per unit of cost, given the documents before it.
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
        surfaces = region_surfaces(words, region.region)
        found.append(UncertainRegion(surfaces, error, surface_influence(surfaces, statistics)))
    return tuple(found)


def region_surfaces(words: WordIndex, region: Region) -> tuple[str, ...]:
    """Return the surfaces of the spans of a region's candidates, case-folded and sorted."""
    ranges = {key[:2] for candidate in region.candidates for key in candidate}
    return tuple(sorted(s for r in ranges if (s := words.surface(*r)) is not None))


def surface_influence(surfaces: Sequence[str], statistics: SurfaceStatistics) -> float:
    """Return log(1 + occurrences of the most frequent surface in all texts)."""
    counts = [statistics.counts(surface) for surface in surfaces]
    return math.log1p(max((float(c.sum()) for c in counts if c is not None), default=0.0))


def reading_minutes(
    words: int,
    seconds_per_document: float = SECONDS_PER_DOCUMENT,
    seconds_per_word: float = SECONDS_PER_WORD,
) -> float:
    """Return the time in minutes that a person needs for a document.

    Args:
        words: number of words of the document.
        seconds_per_document: fixed time.
        seconds_per_word: time per word.
    """
    return (seconds_per_document + seconds_per_word * words) / 60


def rank(
    documents: Sequence[tuple[WordIndex, Sequence[UncertainRegion]]], limit: int | None = None
) -> tuple[RankedDocument, ...]:
    """Return documents in the order of review, by expected errors × influence per minute.

    Args:
        documents: words and uncertain regions of each document.
        limit: maximum number of documents; None: all with an uncertain region.
    """
    minutes = [reading_minutes(len(words.ranges)) for words, _ in documents]
    return tuple(islice(expected_error_order(documents, minutes), limit))


def expected_error_order(
    documents: Sequence[tuple[WordIndex, Sequence[UncertainRegion]]], costs: Sequence[float]
) -> Iterator[RankedDocument]:
    """Yield the documents with an uncertain region, by greedy selection.

    Each step selects the document with the highest priority. The gain of a region is multiplied by
    `REPEAT_DISCOUNT` for each selected document with the same surface. Priorities never increase,
    so an old priority is an upper bound, and most documents are not recomputed (M. Minoux,
    Accelerated greedy algorithms for maximizing submodular set functions, 1978).

    Args:
        documents: words and uncertain regions of each document.
        costs: cost of each document, above 0. Priorities are divided by it.
    """
    selected: Counter[str] = Counter()

    def priority(index: int) -> float:
        regions = documents[index][1]
        discounts = (REPEAT_DISCOUNT ** _times_selected(r, selected) for r in regions)
        gains = (r.error * r.influence * d for r, d in zip(regions, discounts, strict=True))
        return sum(gains) / costs[index]

    queue = [(-priority(i), i) for i, (_, regions) in enumerate(documents) if regions]
    heapq.heapify(queue)
    while queue:
        _, index = heapq.heappop(queue)
        current = priority(index)
        if queue and current < -queue[0][0]:
            heapq.heappush(queue, (-current, index))
            continue
        regions = documents[index][1]
        yield RankedDocument(index, current, sum(r.error for r in regions))
        selected.update(surface for r in regions for surface in r.surfaces)


def _times_selected(region: UncertainRegion, selected: Counter[str]) -> int:
    return max((selected[surface] for surface in region.surfaces), default=0)
