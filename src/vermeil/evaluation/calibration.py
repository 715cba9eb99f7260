"""Whether scores are what they say: reliability, and the temperature that makes them so.

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
"""Scores are kept this far from 0 and 1, so that logarithms are finite."""

_GOLDEN = (math.sqrt(5) - 1) / 2


@dataclass(frozen=True, slots=True)
class Bin:
    """The items whose scores lie in ``(low, high]``: a bar of the reliability diagram.

    Args:
        low: lower bound.
        high: upper bound.
        number: items.
        score: their mean score; None where there is no item.
        correct: the share of them that is right; None where there is no item.
    """

    low: float
    high: float
    number: int
    score: float | None
    correct: float | None


@dataclass(frozen=True, slots=True)
class Reliability:
    """How far scores and correctness are apart.

    Args:
        number: items that were judged.
        ece: expected calibration error: the mean over items of their bin's |score - correct|.
        brier: the mean of (score - correct)², correct being 0 or 1.
        bins: the reliability diagram.
    """

    number: int
    ece: float
    brier: float
    bins: tuple[Bin, ...]

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def reliability(scores: Sequence[float], correct: Sequence[bool], bins: int = 10) -> Reliability:
    """Return how reliable scores are.

    Args:
        scores: in [0, 1], one per item.
        correct: whether the item is right.
        bins: number of bins of equal width.
    """
    said = np.asarray(scores, np.float64)
    right = np.asarray(correct, np.float64)
    place = np.clip(np.ceil(said * bins).astype(int) - 1, 0, bins - 1)
    found = []
    apart = 0.0
    for i in range(bins):
        inside = place == i
        number = int(inside.sum())
        score = float(said[inside].mean()) if number else None
        share = float(right[inside].mean()) if number else None
        if score is not None and share is not None:
            apart += number * abs(score - share)
        found.append(Bin(i / bins, (i + 1) / bins, number, score, share))
    size = len(said)
    brier = float(((said - right) ** 2).mean()) if size else 0.0
    return Reliability(size, apart / size if size else 0.0, brier, tuple(found))


def log_loss(scores: Sequence[float], correct: Sequence[bool]) -> float:
    """Return the mean negative log-likelihood of what is right and wrong, given the scores."""
    said = np.clip(np.asarray(scores, np.float64), _SMALLEST, 1 - _SMALLEST)
    right = np.asarray(correct, bool)
    return float(-np.log(np.where(right, said, 1 - said)).mean())


def fit_temperature(
    loss: Callable[[float], float], low: float = 0.2, high: float = 10.0, precision: float = 0.01
) -> float:
    """Return the temperature at which ``loss`` is lowest, by golden-section search.

    Args:
        loss: of a temperature; with one valley.
        low: least temperature.
        high: greatest temperature.
        precision: relative width at which the search stops.
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
