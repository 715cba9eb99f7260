"""The judge: a conditional logit model of the probability of each candidate of a region.

P(candidate | region) is the softmax of a weighted sum of the candidate's signals (D. McFadden,
Conditional logit analysis of qualitative choice behavior, in Frontiers in Econometrics, 1974). The
model is fitted on gold documents with a teacher annotation, where the correct candidate is known.
An L2 penalty pulls the weights towards a prior, which dominates with little gold.
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
"""Relative decrease of the loss below which Newton's method stops."""


@dataclass(frozen=True, slots=True)
class SignalMatrix:
    """The signals of the candidates of all regions.

    Args:
        values: shape (candidates, signals); the candidates of a region are consecutive.
        starts: int64, shape (regions + 1,): first candidate of each region, and the end.
    """

    values: FloatArray
    starts: IndexArray

    @property
    def region_count(self) -> int:
        """Number of regions."""
        return len(self.starts) - 1

    def row_indices(self, region_indices: IndexArray) -> IndexArray:
        """Return the row indices of the candidates of some regions, in the given order."""
        own = [np.arange(self.starts[i], self.starts[i + 1]) for i in region_indices]
        return np.concatenate([np.zeros(0, np.int64), *own])

    def select_regions(self, region_indices: IndexArray) -> SignalMatrix:
        """Return the signals of some regions, in the given order."""
        sizes = np.diff(self.starts)[region_indices]
        return SignalMatrix(self.values[self.row_indices(region_indices)], np.cumsum([0, *sizes]))


def candidate_probabilities(signals: SignalMatrix, weights: FloatArray) -> FloatArray:
    """Return the probability of each candidate, shape (candidates,); sum 1 per region."""
    if not signals.region_count:
        return np.zeros(0)
    first, region = signals.starts[:-1], _region_of_candidate(signals)
    sums = signals.values @ weights
    powers = np.exp(sums - np.maximum.reduceat(sums, first)[region])
    result: FloatArray = powers / np.add.reduceat(powers, first)[region]
    return result


def log_loss(signals: SignalMatrix, correct: IndexArray, weights: FloatArray) -> float:
    """Return the mean negative log-probability of the correct candidates.

    Args:
        signals: the signals of the regions.
        correct: int64, shape (regions,): index of the correct candidate within its region.
        weights: shape (signals,): weights of the judge.
    """
    probabilities = candidate_probabilities(signals, weights)[signals.starts[:-1] + correct]
    return float(-np.log(np.maximum(probabilities, 1e-12)).mean())


def fit(
    signals: SignalMatrix, correct: IndexArray, prior: FloatArray, strength: float
) -> FloatArray:
    """Return the weights with the lowest penalised loss, by Newton's method.

    Args:
        signals: the signals of regions with a known correct candidate.
        correct: int64, shape (regions,): index of the correct candidate within its region.
        prior: shape (signals,): weights without any data.
        strength: strength of the prior, above 0. The penalty is half of it times the squared
            distance from the prior.
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
        while True:  # the loss is convex: a step that is small enough always decreases it
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
    """Choose the strength of the prior and compute out-of-fold probabilities of all candidates.

    Args:
        signals: the signals of all regions.
        correct: int64, shape (regions,): index of the correct candidate; -1 if no candidate is
            correct. Such regions are scored, but not used for fitting.
        groups: group of each region; all regions of a group are in the same fold.
        prior: shape (signals,): weights without any data.
        strengths: candidate strengths; the one with the lowest out-of-fold loss is chosen.
        folds: number of folds.

    Returns:
        The strength, and the out-of-fold probability of every candidate, shape (candidates,).
    """
    names = sorted(set(groups))
    order = np.random.default_rng(0).permutation(len(names))
    fold_of = {names[name]: position % folds for position, name in enumerate(order)}
    fold = np.array([fold_of[g] for g in groups], np.int64)
    losses = dict.fromkeys(strengths, 0.0)
    probabilities = {s: np.zeros(len(signals.values)) for s in strengths}
    for number in range(folds):
        training = np.flatnonzero((fold != number) & (correct >= 0))
        held_out = np.flatnonzero(fold == number)
        fitted, scored = signals.select_regions(training), signals.select_regions(held_out)
        rows = signals.row_indices(held_out)
        known = np.flatnonzero(correct[held_out] >= 0)
        for strength in strengths:
            weights = fit(fitted, correct[training], prior, strength)
            probabilities[strength][rows] = candidate_probabilities(scored, weights)
            if len(known):
                loss = log_loss(scored.select_regions(known), correct[held_out][known], weights)
                losses[strength] += loss * len(known)
    best = min(strengths, key=losses.__getitem__)
    return best, probabilities[best]


def _region_of_candidate(signals: SignalMatrix) -> IndexArray:
    return np.repeat(np.arange(signals.region_count), np.diff(signals.starts))


def _penalised_loss(
    signals: SignalMatrix,
    correct: IndexArray,
    prior: FloatArray,
    strength: float,
    weights: FloatArray,
) -> float:
    distance = weights - prior
    loss = log_loss(signals, correct, weights) * signals.region_count
    return loss + strength / 2 * float(distance @ distance)


def _gradient_and_hessian(
    signals: SignalMatrix,
    correct_sum: FloatArray,
    prior: FloatArray,
    strength: float,
    weights: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    """Return gradient and Hessian of the penalised loss."""
    probabilities = candidate_probabilities(signals, weights)[:, None]
    weighted = probabilities * signals.values
    gradient = weighted.sum(axis=0) - correct_sum + strength * (weights - prior)
    means = np.add.reduceat(weighted, signals.starts[:-1], axis=0)
    hessian = signals.values.T @ weighted - means.T @ means + strength * np.eye(len(weights))
    return gradient, hessian
