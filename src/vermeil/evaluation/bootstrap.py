"""The paired bootstrap over groups and seeds: intervals and p-values of differences in F1.

The test set is a sample of groups (articles, patients), and the seeds are a sample of all
trainings. So every resample draws both again, with replacement. Groups are drawn as a whole,
because the documents of one group are not independent. Both systems are scored on the same draw,
since their errors correlate and only the difference matters.

Sources: B. Efron and R. Tibshirani, An Introduction to the Bootstrap (1993), chapters 13 and 15
(percentile interval, p-value from the resamples); T. Berg-Kirkpatrick, D. Burkett and D. Klein, An
Empirical Investigation of Statistical Significance in NLP (EMNLP 2012), for the paired bootstrap of
F1; A. Owen, The pigeonhole bootstrap (2007), for drawing rows and columns of a crossed design (its
intervals are rather too wide than too narrow if neither groups nor seeds have much effect); J. Rao
and C. Wu, Resampling Inference with Complex Survey Data (1988), for rescaling draws of few units.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vermeil.evaluation.arrays import CountArray, micro_f1, require_pair, require_shape

_CHUNK_CELLS = 1 << 21
"""Limit of (resample, group) pairs in memory at once: about 16 MB per array."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """System minus baseline, in F1 (0.021 = 2.1 points).

    Args:
        difference: difference in micro-F1, mean over the seeds.
        low: lower end of the 95 % interval.
        high: upper end of the 95 % interval.
        p_value: two-sided p-value.
        per_seed: difference of each seed.
        groups: number of groups.
        resamples: number of resamples.
    """

    difference: float
    low: float
    high: float
    p_value: float
    per_seed: tuple[float, ...]
    groups: int
    resamples: int

    def as_dict(self) -> dict[str, Any]:
        """Return the comparison as a JSON object."""
        return {
            "difference": self.difference,
            "low": self.low,
            "high": self.high,
            "p_value": self.p_value,
            "per_seed": list(self.per_seed),
            "groups": self.groups,
            "resamples": self.resamples,
        }


def paired_bootstrap(
    system: CountArray, baseline: CountArray, resamples: int, seed: int
) -> Comparison:
    """Compare a system with a baseline on the same seeds and groups.

    The p-value is 2 · min(P(d ≤ 0), P(d ≥ 0)) over the resampled differences d. One is added to
    numerator and denominator of each share, so the p-value is never 0. It agrees with the interval:
    p is below .05 if the interval excludes zero. The spread of draws of few seeds is too small by
    √((seeds − 1) / seeds) and is rescaled accordingly.

    Args:
        system: shape (seeds, groups, 3): correct, predicted and gold items.
        baseline: counts of the same shape, with the same seeds and groups in the same order.
        resamples: number of draws of groups and seeds.
        seed: random seed of the draws.

    Raises:
        ValueError: the arrays do not have the same, expected shape, or there are no resamples.
    """
    require_pair(system, baseline, resamples)
    per_seed = micro_f1(system.sum(axis=1)) - micro_f1(baseline.sum(axis=1))
    drawn = np.concatenate(
        [
            _over_seeds(_f1_of_draw(system, groups) - _f1_of_draw(baseline, groups), seeds)
            for groups, seeds in _draws(system.shape[0], system.shape[1], resamples, seed)
        ]
    )
    low, high = np.clip(np.quantile(drawn, (0.025, 0.975)), -1, 1)
    below, above = int((drawn <= 0).sum()), int((drawn >= 0).sum())
    return Comparison(
        difference=float(per_seed.mean()),
        low=float(low),
        high=float(high),
        p_value=min(1.0, 2 * (1 + min(below, above)) / (resamples + 1)),
        per_seed=tuple(float(value) for value in per_seed),
        groups=system.shape[1],
        resamples=resamples,
    )


def f1_interval(counts: NDArray[np.int64], resamples: int, seed: int) -> tuple[float, float]:
    """Return the 95 % percentile interval of one system's micro-F1.

    Args:
        counts: shape (groups, 3), or (seeds, groups, 3): correct, predicted and gold items.
        resamples: number of draws of groups (and seeds).
        seed: random seed of the draws.

    Raises:
        ValueError: the array does not have the expected shape, or there are no resamples.
    """
    nested = counts[None] if counts.ndim == 2 else counts
    require_shape(nested, resamples)
    drawn = np.concatenate(
        [
            _over_seeds(_f1_of_draw(nested, groups), seeds)
            for groups, seeds in _draws(nested.shape[0], nested.shape[1], resamples, seed)
        ]
    )
    low, high = np.clip(np.quantile(drawn, (0.025, 0.975)), 0, 1)
    return float(low), float(high)


def resampled_f1(counts: NDArray[np.int64], resamples: int, seed: int) -> NDArray[np.float64]:
    """Return the mean F1 of several systems on each draw of groups and seeds.

    Args:
        counts: shape (systems, seeds, groups, 3): correct, predicted and gold items, for the same
            seeds and groups.
        resamples: number of draws of groups and seeds; all systems share the draws.
        seed: random seed of the draws.

    Returns:
        Shape (resamples, systems), within [0, 1].
    """
    _, seeds, groups, _ = counts.shape
    require_shape(counts[0], resamples)
    parts = []
    for drawn, share in _draws(seeds, groups, resamples, seed):
        parts.append([_over_seeds(_f1_of_draw(system, drawn), share) for system in counts])
    scores = np.concatenate([np.stack(part, axis=1) for part in parts])
    return np.asarray(np.clip(scores, 0, 1), dtype=np.float64)


def score_intervals(counts: CountArray, resamples: int, seed: int) -> NDArray[np.float64]:
    """Return 95 % percentile intervals of precision, recall and F1 for several kinds of items.

    Args:
        counts: shape (groups, kinds, 3): correct, predicted and gold items.
        resamples: number of draws of groups; all kinds share the draws.
        seed: random seed of the draws.

    Returns:
        Shape (kinds, 3, 2): low and high of precision, recall and F1.

    Raises:
        ValueError: the array does not have the expected shape, or there are no resamples.
    """
    require_shape(counts, resamples)
    groups, kinds, _ = counts.shape
    flat = counts.reshape(groups, -1).astype(np.float64)
    sums = np.concatenate(
        [(drawn @ flat).reshape(-1, kinds, 3) for drawn, _ in _draws(1, groups, resamples, seed)]
    )
    precision, recall = (sums[..., 0] / np.maximum(sums[..., i], 1) for i in (1, 2))
    scores = np.stack([precision, recall, micro_f1(sums)], axis=2)
    return np.moveaxis(np.quantile(scores, (0.025, 0.975), axis=0), 0, -1)


def _draws(
    seeds: int, groups: int, resamples: int, seed: int
) -> Iterator[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Yield the draws of groups and seeds in chunks of n resamples.

    Yields:
        Count of each group, shape (n, groups), and share of each seed, shape (n, seeds).
    """
    rng = np.random.default_rng(seed)
    step = max(1, _CHUNK_CELLS // groups)
    for start in range(0, resamples, step):
        size = min(step, resamples - start)
        yield _times_drawn(rng, size, groups), _times_drawn(rng, size, seeds) / seeds


def _over_seeds(values: NDArray[np.float64], seeds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean over the drawn seeds, with its deviation from the overall mean rescaled.

    Args:
        values: shape (n, seeds): value of each resample and seed.
        seeds: shape (n, seeds): share of each seed in the draw.
    """
    number = values.shape[1]
    scale = (number / (number - 1)) ** 0.5 if number > 1 else 1.0
    means = values.mean(axis=1)
    drawn = means + scale * ((values * seeds).sum(axis=1) - means)
    return np.asarray(drawn, dtype=np.float64)


def _times_drawn(rng: np.random.Generator, rows: int, items: int) -> NDArray[np.float64]:
    drawn = rng.integers(items, size=(rows, items))
    drawn += np.arange(rows)[:, None] * items
    return np.bincount(drawn.ravel(), minlength=rows * items).reshape(rows, items).astype(float)


def _f1_of_draw(
    counts: NDArray[np.int64], groups_drawn: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return F1 per resample and seed, shape (n, seeds)."""
    seeds, groups, _ = counts.shape
    columns = counts.transpose(1, 0, 2).reshape(groups, seeds * 3).astype(np.float64)
    return micro_f1((groups_drawn @ columns).reshape(-1, seeds, 3))
