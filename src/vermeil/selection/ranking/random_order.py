"""Strategy random: every order is equally probable. The baseline of all strategies."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from vermeil.selection.ranking.choice import RankedChoice, RankSignals


def random_order(signals: RankSignals) -> Iterator[RankedChoice]:
    """Yield the documents in random order, a pure function of their number and the seed."""
    order = np.random.default_rng(signals.seed).permutation(signals.documents)
    for index in order.tolist():
        yield RankedChoice(index, 0.0, "drawn at random")
