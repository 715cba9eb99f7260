"""Calibration of scores: reliability diagrams, log loss and temperature scaling.

Sources: M. Naeini, G. Cooper and M. Hauskrecht, Obtaining Well Calibrated Probabilities Using
Bayesian Binning (AAAI 2015), for the expected calibration error; C. Guo, G. Pleiss, Y. Sun and
K. Weinberger, On Calibration of Modern Neural Networks (ICML 2017), for temperature scaling.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

_SMALLEST = 1e-6
"""Minimum distance of scores from 0 and 1, so that logarithms are finite."""

_GOLDEN = (math.sqrt(5) - 1) / 2


@dataclass(frozen=True, slots=True)
class Bin:
    """The items with scores in ``(low, high]``: one bar of a reliability diagram.

    Args:
        low: lower bound.
        high: upper bound.
        number: number of items.
        score: mean score; None without items.
        correct: share of correct items; None without items.
    """

    low: float
    high: float
    number: int
    score: float | None
    correct: float | None


@dataclass(frozen=True, slots=True)
class Reliability:
    """The difference between scores and correctness.

    Args:
        number: number of items.
        ece: expected calibration error: |score - correct| of the bins, weighted by their items.
        brier: mean of (score - correct)², where correct is 0 or 1.
        bins: the reliability diagram.
    """

    number: int
    ece: float
    brier: float
    bins: tuple[Bin, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return the result as a JSON object."""
        return asdict(self)


def reliability(scores: Sequence[float], correct: Sequence[bool], bins: int = 10) -> Reliability:
    """Return the reliability of scores.

    Args:
        scores: score of each item, in [0, 1].
        correct: whether each item is correct.
        bins: number of bins of equal width.
    """
    values = np.asarray(scores, np.float64)
    outcomes = np.asarray(correct, np.float64)
    upper_bounds = np.arange(1, bins) / bins
    indices = np.searchsorted(upper_bounds, values, side="left")
    diagram = []
    error = 0.0
    for i in range(bins):
        inside = indices == i
        number = int(inside.sum())
        score = float(values[inside].mean()) if number else None
        share = float(outcomes[inside].mean()) if number else None
        if score is not None and share is not None:
            error += number * abs(score - share)
        diagram.append(Bin(i / bins, (i + 1) / bins, number, score, share))
    size = len(values)
    brier = float(((values - outcomes) ** 2).mean()) if size else 0.0
    return Reliability(size, error / size if size else 0.0, brier, tuple(diagram))


def log_loss(scores: Sequence[float], correct: Sequence[bool]) -> float:
    """Return the mean negative log-likelihood of the items' correctness, given their scores."""
    values = np.clip(np.asarray(scores, np.float64), _SMALLEST, 1 - _SMALLEST)
    outcomes = np.asarray(correct, bool)
    return float(-np.log(np.where(outcomes, values, 1 - values)).mean())


def fit_temperature(
    loss: Callable[[float], float], low: float = 0.2, high: float = 10.0, precision: float = 0.01
) -> float:
    """Return the temperature with the lowest loss, by golden-section search.

    Args:
        loss: returns the loss of a temperature; must have a single minimum.
        low: lowest temperature.
        high: highest temperature.
        precision: relative width of the interval at which the search stops.
    """
    a, b = math.log(low), math.log(high)
    c, d = b - _GOLDEN * (b - a), a + _GOLDEN * (b - a)
    at_c, at_d = loss(math.exp(c)), loss(math.exp(d))
    while b - a > precision:
        if at_c <= at_d:
            b, d, at_d = d, c, at_c
            c = b - _GOLDEN * (b - a)
            at_c = loss(math.exp(c))
        else:
            a, c, at_c = c, d, at_d
            d = a + _GOLDEN * (b - a)
            at_d = loss(math.exp(d))
    return math.exp((a + b) / 2)
