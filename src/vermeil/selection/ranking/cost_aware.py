"""Strategy cost_aware: the summed uncertainty of a document, per token or minute that it costs.

Sources: B. Settles, M. Craven and L. Friedland, Active learning with real annotation costs (NIPS
workshop on cost-sensitive learning, 2008); K. Tomanek and U. Hahn, A comparison of models for
cost-sensitive active learning (COLING 2010): ratio of benefit to cost.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from vermeil.selection.ranking.choice import RankedChoice, RankSignals


def cost_aware_order(signals: RankSignals) -> Iterator[RankedChoice]:
    """Yield the documents by mean uncertainty × number of words / cost, highest first."""
    if signals.uncertainties is None or signals.words is None:
        raise ValueError("cost_aware needs the uncertainties of a student")
    totals = signals.uncertainties * signals.words
    ratios = totals / signals.costs
    for index in np.argsort(-ratios, kind="stable").tolist():
        ratio, total, cost = (float(values[index]) for values in (ratios, totals, signals.costs))
        reason = (
            f"summed uncertainty {total:.3f} for {cost:,.4g} {signals.unit}s: "
            f"{ratio:.4g} per {signals.unit}"
        )
        yield RankedChoice(index, ratio, reason)
