"""Strategy allabel: first diverse, then representative, then uncertain documents.

Source: Z. Chen, L. Shi, W. Wu, Q. Zhou and Y. Zhang, ALLabel: three-stage active learning for
LLM-based entity recognition using demonstration retrieval (EMNLP 2025). One fifth of the documents
is chosen by diversity: first the text that is least similar to all others, then by farthest-first
traversal. Stages of similarity and of uncertainty follow. Two choices are those of this module: the
two later stages have two fifths each, and similarity is the greedy facility location of
`vermeil.selection.ranking.similarity`. Uncertainty is that of the student.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from vermeil.selection.ranking.choice import RankedChoice, RankSignals
from vermeil.selection.ranking.diversity import describe_distance, farthest_first
from vermeil.selection.ranking.similarity import facility_location
from vermeil.selection.ranking.uncertainty import uncertainty_order

SHARES = (1 / 5, 2 / 5)
"""Share of the places of the stages diversity and similarity; uncertainty has the rest."""


def allabel_order(signals: RankSignals) -> Iterator[RankedChoice]:
    """Yield the documents of the three stages; the last stage yields all that are left.

    ``signals.places`` is the number of places that the stages share.
    """
    if signals.embeddings is None or signals.uncertainties is None:
        raise ValueError("allabel needs embeddings and the uncertainties of a student")
    chosen: set[int] = set()
    diverse, similar = (round(signals.places * share) for share in SHARES)
    if signals.places:
        diverse = max(diverse, 1)
    for index, distance in islice(farthest_first(signals, "unusual"), diverse):
        chosen.add(index)
        yield RankedChoice(index, distance, f"stage diversity: {describe_distance(distance)}")
    for index, gain in islice(facility_location(signals.embeddings, tuple(chosen)), similar):
        chosen.add(index)
        reason = f"stage similarity: adds similarity {gain:.3f} to the texts not chosen"
        yield RankedChoice(index, gain, reason)
    for choice in uncertainty_order(signals):
        if choice.index not in chosen:
            yield RankedChoice(choice.index, choice.value, f"stage uncertainty: {choice.reason}")
