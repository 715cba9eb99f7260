"""Approximate randomisation: would a difference be as large if names were exchanged by chance?

If neither system is better, then it does not matter, group by group, which of the two outputs
bears which name. So the names are exchanged in a random half of the groups, again and again, and
the p-value is how often the difference is then at least as large as the one that was found. No
distribution is assumed, which makes the test fit for F1, whose parts add up over groups while it
itself does not.

A group is exchanged whole, in all seeds at once: its documents resemble each other, and so do the
trainings. The seeds are taken as they are: the test speaks of these trainings on other documents,
while `vermeil.evaluation.bootstrap` speaks of other trainings as well.

Sources: E. Noreen, Computer-Intensive Methods for Testing Hypotheses (1989), chapter 2; A. Yeh,
More accurate tests for the statistical significance of result differences (COLING 2000), for
precision, recall and F1; B. Phipson and G. Smyth, Permutation p-values should never be zero (2010),
for the added one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vermeil.evaluation.arrays import CountArray, micro_f1, require_pair

_CHUNK_CELLS = 1 << 21
"""Most (resample, group) pairs held in memory at once: about 16 MB an array."""
_ROUNDING = 1e-12
"""Differences that are this close are equal: they are sums of the same numbers in another order."""


@dataclass(frozen=True, slots=True)
class RandomisationResult:
    """What exchanging names does to a difference.

    Args:
        difference: system minus baseline: mean over the seeds of the differences in micro-F1.
        p_value: two-sided.
        resamples: how many ways to exchange were tried.
        exact: whether these were all there are.
    """

    difference: float
    p_value: float
    resamples: int
    exact: bool


def randomisation_test(
    system: CountArray, baseline: CountArray, resamples: int, seed: int
) -> RandomisationResult:
    """Test that system and baseline differ by chance alone.

    With few groups, all 2ⁿ ways to exchange them are tried if these are no more than ``resamples``,
    and the p-value is exact: the share of ways with a difference at least as large, either way.
    Otherwise ways are drawn, and one is added to numerator and denominator: the way that was found.

    Args:
        system: shape (seeds, groups, 3): correct, predicted and gold items.
        baseline: the same shape: the same seeds and groups, in the same order.
        resamples: how many ways to draw.
        seed: of the draws.

    Raises:
        ValueError: the arrays do not have the same, expected shape, or there are no resamples.
    """
    require_pair(system, baseline, resamples)
    groups = system.shape[1]
    exact = groups < 63 and 2**groups <= resamples
    found = _differences(system, baseline, np.zeros((1, groups)))[0]
    ways = _all_exchanges(groups) if exact else _random_exchanges(groups, resamples, seed)
    tried = extreme = 0
    for exchanged in ways:
        differences = _differences(system, baseline, exchanged)
        extreme += int((np.abs(differences) >= abs(found) - _ROUNDING).sum())
        tried += len(differences)
    p_value = extreme / tried if exact else (extreme + 1) / (tried + 1)
    return RandomisationResult(float(found), p_value, tried, exact)


def _differences(
    system: CountArray, baseline: CountArray, exchanged: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the difference for each way to exchange: 1 where a group is exchanged, shape (n,)."""
    seeds = system.shape[0]
    turned = exchanged @ _by_group(baseline - system)
    ours = (_by_group(system).sum(axis=0) + turned).reshape(-1, seeds, 3)
    theirs = (_by_group(baseline).sum(axis=0) - turned).reshape(-1, seeds, 3)
    return np.asarray((micro_f1(ours) - micro_f1(theirs)).mean(axis=1), dtype=np.float64)


def _by_group(counts: CountArray) -> NDArray[np.float64]:
    return counts.transpose(1, 0, 2).reshape(counts.shape[1], -1).astype(np.float64)


def _all_exchanges(groups: int) -> Iterator[NDArray[np.float64]]:
    numbers, places = np.arange(2**groups), np.arange(groups)
    yield ((numbers[:, None] >> places) & 1).astype(np.float64)


def _random_exchanges(groups: int, resamples: int, seed: int) -> Iterator[NDArray[np.float64]]:
    rng = np.random.default_rng(seed)
    step = max(1, _CHUNK_CELLS // groups)
    for start in range(0, resamples, step):
        size = (min(step, resamples - start), groups)
        yield rng.integers(2, size=size).astype(np.float64)
