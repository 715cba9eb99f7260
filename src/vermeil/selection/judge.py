"""The judge: a small model that says how probable each option of a region is.

A conditional logit (D. McFadden, Conditional logit analysis of qualitative choice behavior, in
Frontiers in Econometrics, 1974): P(option | region) is the softmax of a weighted sum of the
option's signals. It is fitted on gold documents that the teacher annotated, too, where the right
option is known, with an L2 penalty around a prior: with little gold the judge stays with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IndexArray = NDArray[np.int64]

_ITERATIONS = 50
_TOLERANCE = 1e-8
"""Newton's method ends where a step would gain less than this share of the loss."""


@dataclass(frozen=True, slots=True)
class SignalMatrix:
    """What is known of the options of all regions.

    Args:
        values: shape (options, signals); the options of a region stand together.
        starts: int64, shape (regions + 1,): first option of each region, and the end.
    """

    values: FloatArray
    starts: IndexArray

    @property
    def region_count(self) -> int:
        """Number of regions."""
        return len(self.starts) - 1

    def row_indices(self, region_indices: IndexArray) -> IndexArray:
        """Return the numbers of the options of some regions, in that order."""
        own = [np.arange(self.starts[i], self.starts[i + 1]) for i in region_indices]
        return np.concatenate([np.zeros(0, np.int64), *own])

    def select_regions(self, region_indices: IndexArray) -> SignalMatrix:
        """Return some of the regions, in that order."""
        sizes = np.diff(self.starts)[region_indices]
        return SignalMatrix(self.values[self.row_indices(region_indices)], np.cumsum([0, *sizes]))


def candidate_probabilities(signals: SignalMatrix, weights: FloatArray) -> FloatArray:
    """Return the probability of each option, shape (options,); those of a region sum to 1."""
    if not signals.region_count:
        return np.zeros(0)
    first, region = signals.starts[:-1], _region_of_candidate(signals)
    sums = signals.values @ weights
    powers = np.exp(sums - np.maximum.reduceat(sums, first)[region])
    result: FloatArray = powers / np.add.reduceat(powers, first)[region]
    return result


def log_loss(signals: SignalMatrix, correct: IndexArray, weights: FloatArray) -> float:
    """Return the mean negative log-probability of the right options.

    Args:
        signals: of the regions.
        correct: int64, shape (regions,): the number of the right option within its region.
        weights: shape (signals,).
    """
    said = candidate_probabilities(signals, weights)[signals.starts[:-1] + correct]
    return float(-np.log(np.maximum(said, 1e-12)).mean())


def fit(
    signals: SignalMatrix, correct: IndexArray, prior: FloatArray, strength: float
) -> FloatArray:
    """Return the weights that are most probable, by Newton's method.

    Args:
        signals: of the regions whose right option is known.
        correct: int64, shape (regions,): the number of the right option within its region.
        prior: shape (signals,): where the weights are without any region.
        strength: of the prior, above 0: half of it times the squared distance from the prior is
            added to the loss.
    """
    weights = prior.copy()
    if not signals.region_count:
        return weights
    chosen = signals.values[signals.starts[:-1] + correct].sum(axis=0)
    loss = _penalised_loss(signals, correct, prior, strength, weights)
    for _ in range(_ITERATIONS):
        gradient, hessian = _gradient_and_hessian(signals, chosen, prior, strength, weights)
        step = np.linalg.solve(hessian, gradient)
        scale, gain = 1.0, float(gradient @ step)
        while True:  # convex, so a small enough step always gains, and the first mostly does
            trial = weights - scale * step
            lower = _penalised_loss(signals, correct, prior, strength, trial)
            if lower <= loss - 1e-4 * scale * gain or scale < 1e-6:
                break
            scale /= 2
        weights, before, loss = trial, loss, lower
        if before - loss <= _TOLERANCE * max(1.0, abs(before)):
            break
    return weights


def cross_fit(
    signals: SignalMatrix,
    correct: IndexArray,
    groups: Sequence[str],
    prior: FloatArray,
    strengths: Sequence[float],
    folds: int = 5,
) -> tuple[float, FloatArray]:
    """Choose the strength of the prior, and judge every region by others of other groups.

    Args:
        signals: of all regions.
        correct: int64, shape (regions,): number of the right option, -1 where it is none of them;
            such regions are judged, and nothing is learnt from them.
        groups: group of each region: one group is never on both sides.
        prior: shape (signals,).
        strengths: to choose from: the one with the lowest loss out of fold.
        folds: so many parts.

    Returns:
        The strength, and the probability of every option, out of fold: shape (options,).
    """
    names = sorted(set(groups))
    order = np.random.default_rng(0).permutation(len(names))
    fold_of = {names[name]: place % folds for place, name in enumerate(order)}
    fold = np.array([fold_of[g] for g in groups], np.int64)
    losses, judged = (
        dict.fromkeys(strengths, 0.0),
        {s: np.zeros(len(signals.values)) for s in strengths},
    )
    for held_out in range(folds):
        inside = np.flatnonzero((fold != held_out) & (correct >= 0))
        outside = np.flatnonzero(fold == held_out)
        taught, asked = signals.select_regions(inside), signals.select_regions(outside)
        rows = signals.row_indices(outside)
        known = np.flatnonzero(correct[outside] >= 0)
        for strength in strengths:
            weights = fit(taught, correct[inside], prior, strength)
            judged[strength][rows] = candidate_probabilities(asked, weights)
            if len(known):
                loss = log_loss(asked.select_regions(known), correct[outside][known], weights)
                losses[strength] += loss * len(known)
    best = min(strengths, key=losses.__getitem__)
    return best, judged[best]


def _region_of_candidate(signals: SignalMatrix) -> IndexArray:
    return np.repeat(np.arange(signals.region_count), np.diff(signals.starts))


def _penalised_loss(
    signals: SignalMatrix,
    correct: IndexArray,
    prior: FloatArray,
    strength: float,
    weights: FloatArray,
) -> float:
    away = weights - prior
    loss = log_loss(signals, correct, weights) * signals.region_count
    return loss + strength / 2 * float(away @ away)


def _gradient_and_hessian(
    signals: SignalMatrix,
    correct_sum: FloatArray,
    prior: FloatArray,
    strength: float,
    weights: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    """Return gradient and Hessian of the penalised loss."""
    said = candidate_probabilities(signals, weights)[:, None]
    weighted = said * signals.values
    gradient = weighted.sum(axis=0) - correct_sum + strength * (weights - prior)
    means = np.add.reduceat(weighted, signals.starts[:-1], axis=0)
    hessian = signals.values.T @ weighted - means.T @ means + strength * np.eye(len(weights))
    return gradient, hessian
