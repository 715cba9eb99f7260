"""Cohen's kappa of two annotators, with a bootstrap interval.

kappa = (p_o - p_e) / (1 - p_e), where p_o is the observed agreement and p_e is the agreement that
the class frequencies of both annotators give by chance. Source: J. Cohen, A Coefficient of
Agreement for Nominal Scales (1960). The interval is the percentile interval of B. Efron and R.
Tibshirani, An Introduction to the Bootstrap (1993), over resampled groups.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_CHUNK = 256
"""Resamples that are computed at once."""


def cohens_kappa(confusion: NDArray[np.int64] | NDArray[np.float64]) -> NDArray[np.float64]:
    """Return kappa; nan where both annotators use one class only, so that chance explains all.

    Args:
        confusion: shape (…, classes, classes): number of units with the class of the first
            annotator (rows) and of the second one (columns).
    """
    counts = np.asarray(confusion, dtype=np.float64)
    total = counts.sum(axis=(-2, -1))
    with np.errstate(divide="ignore", invalid="ignore"):
        observed = np.trace(counts, axis1=-2, axis2=-1) / total
        chance = (counts.sum(axis=-1) * counts.sum(axis=-2)).sum(axis=-1) / total**2
        return np.asarray((observed - chance) / (1 - chance), dtype=np.float64)


def kappa_interval(
    confusions: NDArray[np.int64], resamples: int, seed: int
) -> tuple[float, float] | None:
    """Return the 95 % percentile interval of kappa; None if no resample has a kappa.

    Args:
        confusions: shape (groups, classes, classes): the confusion of each group.
        resamples: number of draws of groups.
        seed: seed of the draws.
    """
    groups = confusions.shape[0]
    flat = confusions.reshape(groups, -1).astype(np.float64)
    rng = np.random.default_rng(seed)
    found = []
    for start in range(0, resamples, _CHUNK):
        size = min(_CHUNK, resamples - start)
        drawn = rng.multinomial(groups, np.full(groups, 1 / groups), size)
        found.append(cohens_kappa((drawn @ flat).reshape(size, *confusions.shape[1:])))
    values = np.concatenate(found)
    values = values[np.isfinite(values)]
    if not len(values):
        return None
    low, high = np.quantile(values, (0.025, 0.975))
    return float(low), float(high)
