"""Strategies disagreement and expected_errors: probable errors of the teacher, by their influence.

``disagreement`` takes the probability of an error from one student: how improbable the teacher's
annotation of a region is to it. ``expected_errors`` takes it from the judge, which is fitted on
doubly labelled gold (`vermeil.selection.judge`). Both multiply it by the frequency of the surface
and divide it by the cost of the document (see `vermeil.selection.ranking.expected_errors`).

Source: H. S. Seung, M. Opper and H. Sompolinsky, Query by committee (COLT 1992): selection by
disagreement; here the committee consists of teacher and student.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from vermeil.data.region import Region
from vermeil.selection.ranking.choice import RankedChoice, RankSignals
from vermeil.selection.ranking.expected_errors import (
    UncertainRegion,
    expected_error_order,
    region_surfaces,
    surface_influence,
)
from vermeil.selection.surfaces import SurfaceStatistics, WordIndex


def disputed_regions(
    words: WordIndex, regions: Sequence[Region], statistics: SurfaceStatistics
) -> tuple[UncertainRegion, ...]:
    """Return the regions of a document with the probability that the teacher is wrong.

    The probability is 1 − p(teacher's candidate) under the student.

    Args:
        words: the words of the text.
        regions: regions of the teacher's and the student's annotation.
        statistics: surface statistics over all texts.
    """
    found = []
    for region in regions:
        error = 1 - float(np.exp(region.log_probs[region.teacher_choice]))
        surfaces = region_surfaces(words, region)
        influence = surface_influence(surfaces, statistics)
        found.append(UncertainRegion(surfaces, min(max(error, 0.0), 1.0), influence))
    return tuple(found)


def error_order(signals: RankSignals) -> Iterator[RankedChoice]:
    """Yield the documents with regions by expected errors × influence / cost, highest first."""
    if signals.regions is None:
        raise ValueError("this strategy needs the regions of teacher and students")
    costs = signals.costs.tolist()
    for ranked in expected_error_order(signals.regions, costs):
        regions = signals.regions[ranked.index][1]
        most = max(regions, key=lambda region: region.error * region.influence)
        surface = f", most of all {most.surfaces[0]!r}" if most.surfaces else ""
        reason = (
            f"{ranked.errors:.2f} expected errors in {len(regions)} regions{surface}; "
            f"{ranked.priority:.4g} per {signals.unit} after those that earlier documents cover"
        )
        yield RankedChoice(ranked.index, ranked.priority, reason)
