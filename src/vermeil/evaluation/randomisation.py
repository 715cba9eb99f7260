"""The approximate randomisation test: the p-value of a difference under exchanged outputs.

Under the null hypothesis the outputs of the two systems are exchangeable in each group. So they are
exchanged in random groups, many times. The p-value is the share of exchanges with a difference at
least as large as the observed one. The test assumes no distribution. This suits F1: its counts are
additive over groups, but F1 is not.

A group is exchanged as a whole and in all seeds, because its documents are not independent and
neither are the trainings. The seeds are fixed: the test generalises over documents for these
trainings, and `vermeil.evaluation.bootstrap` generalises over trainings as well.

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
"""Limit of (resample, group) pairs in memory at once: about 16 MB per array."""
_ROUNDING = 1e-12
"""Tolerance for equal differences: sums of the same numbers in another order."""


@dataclass(frozen=True, slots=True)
class RandomisationResult:
    """The result of a randomisation test.

    Args:
        difference: system minus baseline in micro-F1, mean over the seeds.
        p_value: two-sided p-value.
        resamples: number of exchanges that were computed.
        exact: whether these were all possible exchanges.
    """

    difference: float
    p_value: float
    resamples: int
    exact: bool


def randomisation_test(
    system: CountArray, baseline: CountArray, resamples: int, seed: int
) -> RandomisationResult:
    """Test the null hypothesis that system and baseline differ only by chance.

    If there are at most ``resamples`` exchanges, all 2ⁿ are computed, and the p-value is exact: the
    share with an absolute difference at least as large. Otherwise exchanges are drawn at random,
    and one is added to numerator and denominator for the observed outputs.

    Args:
        system: shape (seeds, groups, 3): correct, predicted and gold items.
        baseline: counts of the same shape, with the same seeds and groups in the same order.
        resamples: number of random exchanges.
        seed: random seed of the exchanges.

    Raises:
        ValueError: the arrays do not have the same, expected shape, or there are no resamples.
    """
    require_pair(system, baseline, resamples)
    groups = system.shape[1]
    exact = groups < 63 and 2**groups <= resamples
    found = _differences(system, baseline, np.zeros((1, groups)))[0]
    exchanges = _all_exchanges(groups) if exact else _random_exchanges(groups, resamples, seed)
    total = extreme = 0
    for exchanged in exchanges:
        differences = _differences(system, baseline, exchanged)
        extreme += int((np.abs(differences) >= abs(found) - _ROUNDING).sum())
        total += len(differences)
    p_value = extreme / total if exact else (extreme + 1) / (total + 1)
    return RandomisationResult(float(found), p_value, total, exact)


def _differences(
    system: CountArray, baseline: CountArray, exchanged: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the difference of each exchange, shape (n,).

    Args:
        system: counts of the system.
        baseline: counts of the baseline.
        exchanged: shape (n, groups): 1 for each exchanged group, otherwise 0.
    """
    seeds = system.shape[0]
    moved = exchanged @ _by_group(baseline - system)
    system_sums = (_by_group(system).sum(axis=0) + moved).reshape(-1, seeds, 3)
    baseline_sums = (_by_group(baseline).sum(axis=0) - moved).reshape(-1, seeds, 3)
    differences = micro_f1(system_sums) - micro_f1(baseline_sums)
    return np.asarray(differences.mean(axis=1), dtype=np.float64)


def _by_group(counts: CountArray) -> NDArray[np.float64]:
    return counts.transpose(1, 0, 2).reshape(counts.shape[1], -1).astype(np.float64)


def _all_exchanges(groups: int) -> Iterator[NDArray[np.float64]]:
    numbers, bits = np.arange(2**groups), np.arange(groups)
    yield ((numbers[:, None] >> bits) & 1).astype(np.float64)


def _random_exchanges(groups: int, resamples: int, seed: int) -> Iterator[NDArray[np.float64]]:
    rng = np.random.default_rng(seed)
    step = max(1, _CHUNK_CELLS // groups)
    for start in range(0, resamples, step):
        size = (min(step, resamples - start), groups)
        yield rng.integers(2, size=size).astype(np.float64)
