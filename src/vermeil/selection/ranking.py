"""Which documents are worth a person's minute: many likely errors that also matter elsewhere."""

from __future__ import annotations

import heapq
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from vermeil.selection.policies import JudgedRegion
from vermeil.selection.surfaces import SurfaceStatistics, WordIndex

SECONDS_PER_WORD, SECONDS_PER_DOCUMENT = 0.25, 5.0
"""What reading costs: 240 words a minute, and a few seconds to begin."""

REPEAT_DISCOUNT = 0.5
"""What a doubt about a surface counts, each time that a document chosen before asks about it."""


@dataclass(frozen=True, slots=True)
class UncertainRegion:
    """A region that may be wrong.

    Args:
        surfaces: what its options mark, without case.
        error: probability that the most probable option is not right.
        influence: log(1 + occurrences of its surfaces among all texts).
    """

    surfaces: tuple[str, ...]
    error: float
    influence: float


@dataclass(frozen=True, slots=True)
class RankedDocument:
    """A document in the order of review.

    Args:
        index: of the document, in the order given.
        priority: expected errors × influence per minute of reading, given those before it.
        errors: expected number of regions that are wrong.
    """

    index: int
    priority: float
    errors: float


def uncertain_regions(
    words: WordIndex, regions: Sequence[JudgedRegion], statistics: SurfaceStatistics
) -> tuple[UncertainRegion, ...]:
    """Return what is in doubt in a document.

    Args:
        words: of its text.
        regions: of its regions.
        statistics: all texts, for how often its surfaces stand elsewhere.
    """
    found = []
    for judgement in regions:
        error = 1 - float(judgement.probabilities.max())
        places = {m[:2] for option in judgement.region.candidates for m in option}
        surfaces = sorted(s for p in places if (s := words.surface(*p)) is not None)
        tallies = [statistics.counts(surface) for surface in surfaces]
        most = max((float(t.sum()) for t in tallies if t is not None), default=0.0)
        found.append(UncertainRegion(tuple(surfaces), error, math.log1p(most)))
    return tuple(found)


def rank(
    documents: Sequence[tuple[WordIndex, Sequence[UncertainRegion]]], limit: int | None = None
) -> tuple[RankedDocument, ...]:
    """Return documents in the order in which a person should look at them.

    Greedy: each time the one that is worth most, where a doubt about surfaces that were asked about
    already counts `REPEAT_DISCOUNT` times as much for each time. Worth falls only, so an old worth is a bound
    and most documents are not looked at again (M. Minoux, Accelerated greedy algorithms for
    maximizing submodular set functions, 1978).

    Args:
        documents: words and doubts of each.
        limit: how many are wanted; None: all that have a doubt.
    """
    asked: Counter[str] = Counter()

    def worth(number: int) -> float:
        words, own = documents[number]
        minutes = (SECONDS_PER_DOCUMENT + SECONDS_PER_WORD * len(words.ranges)) / 60
        gains = (d.error * d.influence * REPEAT_DISCOUNT ** _times_selected(d, asked) for d in own)
        return sum(gains) / minutes

    queue = [(-worth(i), i) for i, (_, own) in enumerate(documents) if own]
    heapq.heapify(queue)
    ranked: list[RankedDocument] = []
    while queue and (limit is None or len(ranked) < limit):
        _, number = heapq.heappop(queue)
        now = worth(number)
        if queue and now < -queue[0][0]:
            heapq.heappush(queue, (-now, number))
            continue
        own = documents[number][1]
        ranked.append(RankedDocument(number, now, sum(d.error for d in own)))
        asked.update(surface for d in own for surface in d.surfaces)
    return tuple(ranked)


def _times_selected(region: UncertainRegion, selected: Counter[str]) -> int:
    return max((selected[surface] for surface in region.surfaces), default=0)
