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

Floats = NDArray[np.float64]
Numbers = NDArray[np.int64]

_ITERATIONS = 50
_CLOSE = 1e-8
"""Newton's method ends where a step would gain less than this share of the loss."""


@dataclass(frozen=True, slots=True)
class Signals:
    """What is known of the options of all regions.

    Args:
        values: shape (options, signals); the options of a region stand together.
        starts: int64, shape (regions + 1,): first option of each region, and the end.
    """

    values: Floats
    starts: Numbers

    @property
    def regions(self) -> int:
        """Number of regions."""
        return len(self.starts) - 1

    def rows(self, which: Numbers) -> Numbers:
        """Return the numbers of the options of some regions, in that order."""
        own = [np.arange(self.starts[i], self.starts[i + 1]) for i in which]
        return np.concatenate([np.zeros(0, np.int64), *own])

    def take(self, which: Numbers) -> Signals:
        """Return some of the regions, in that order."""
        sizes = np.diff(self.starts)[which]
        return Signals(self.values[self.rows(which)], np.cumsum([0, *sizes]))


def probabilities(signals: Signals, weights: Floats) -> Floats:
    """Return the probability of each option, shape (options,); those of a region sum to 1."""
    if not signals.regions:
        return np.zeros(0)
    first, region = signals.starts[:-1], _regions_of(signals)
    sums = signals.values @ weights
    powers = np.exp(sums - np.maximum.reduceat(sums, first)[region])
    result: Floats = powers / np.add.reduceat(powers, first)[region]
    return result


def log_loss(signals: Signals, right: Numbers, weights: Floats) -> float:
    """Return the mean negative log-probability of the right options.

    Args:
        signals: of the regions.
        right: int64, shape (regions,): the number of the right option within its region.
        weights: shape (signals,).
    """
    said = probabilities(signals, weights)[signals.starts[:-1] + right]
    return float(-np.log(np.maximum(said, 1e-12)).mean())


def fit(signals: Signals, right: Numbers, prior: Floats, strength: float) -> Floats:
    """Return the weights that are most probable, by Newton's method.

    Args:
        signals: of the regions whose right option is known.
        right: int64, shape (regions,): the number of the right option within its region.
        prior: shape (signals,): where the weights are without any region.
        strength: of the prior, above 0: half of it times the squared distance from the prior is
            added to the loss.
    """
    weights = prior.copy()
    if not signals.regions:
        return weights
    chosen = signals.values[signals.starts[:-1] + right].sum(axis=0)
    loss = _penalised(signals, right, prior, strength, weights)
    for _ in range(_ITERATIONS):
        gradient, hessian = _slopes(signals, chosen, prior, strength, weights)
        step = np.linalg.solve(hessian, gradient)
        scale, gain = 1.0, float(gradient @ step)
        while True:  # convex, so a small enough step always gains, and the first mostly does
            trial = weights - scale * step
            lower = _penalised(signals, right, prior, strength, trial)
            if lower <= loss - 1e-4 * scale * gain or scale < 1e-6:
                break
            scale /= 2
        weights, before, loss = trial, loss, lower
        if before - loss <= _CLOSE * max(1.0, abs(before)):
            break
    return weights


def cross_fit(
    signals: Signals,
    right: Numbers,
    groups: Sequence[str],
    prior: Floats,
    strengths: Sequence[float],
    folds: int = 5,
) -> tuple[float, Floats]:
    """Choose the strength of the prior, and judge every region by others of other groups.

    Args:
        signals: of all regions.
        right: int64, shape (regions,): number of the right option, -1 where it is none of them;
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
        inside = np.flatnonzero((fold != held_out) & (right >= 0))
        outside = np.flatnonzero(fold == held_out)
        taught, asked = signals.take(inside), signals.take(outside)
        rows = signals.rows(outside)
        known = np.flatnonzero(right[outside] >= 0)
        for strength in strengths:
            weights = fit(taught, right[inside], prior, strength)
            judged[strength][rows] = probabilities(asked, weights)
            if len(known):
                loss = log_loss(asked.take(known), right[outside][known], weights)
                losses[strength] += loss * len(known)
    best = min(strengths, key=losses.__getitem__)
    return best, judged[best]


def _regions_of(signals: Signals) -> Numbers:
    return np.repeat(np.arange(signals.regions), np.diff(signals.starts))


def _penalised(
    signals: Signals, right: Numbers, prior: Floats, strength: float, weights: Floats
) -> float:
    away = weights - prior
    loss = log_loss(signals, right, weights) * signals.regions
    return loss + strength / 2 * float(away @ away)


def _slopes(
    signals: Signals, chosen: Floats, prior: Floats, strength: float, weights: Floats
) -> tuple[Floats, Floats]:
    """Return gradient and Hessian of the penalised loss."""
    said = probabilities(signals, weights)[:, None]
    weighted = said * signals.values
    gradient = weighted.sum(axis=0) - chosen + strength * (weights - prior)
    means = np.add.reduceat(weighted, signals.starts[:-1], axis=0)
    hessian = signals.values.T @ weighted - means.T @ means + strength * np.eye(len(weights))
    return gradient, hessian
