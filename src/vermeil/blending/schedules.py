"""Schedules: the gold share as a function of training progress, one function each.

A schedule maps progress t in [0, 1] to the expected gold share of the wordpieces, in [0, 1]; gold
increases. Each maker gets gold's part of the budget, so that by default a schedule spends exactly
that: its mean over [0, 1] is ``gold_part``.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from vermeil.blending.config import BlendingConfig, ScheduleName

Schedule = Callable[[float], float]
"""``gold_share(t)``."""


def constant(share: float) -> Schedule:
    """The same share throughout."""
    return lambda _: share


def linear(gold_part: float) -> Schedule:
    """A straight line with mean ``gold_part``: from 0 upwards, or up to 1 if gold is the half."""
    if gold_part <= 0.5:
        return lambda t: 2 * gold_part * t
    return lambda t: 1 - 2 * (1 - gold_part) * (1 - t)


def sigmoid(midpoint: float, steepness: float) -> Schedule:
    """1 / (1 + exp(-steepness · (t - midpoint))), as in Huang et al. 2024, phase 3."""
    return lambda t: _logistic(steepness * (t - midpoint))


def power(exponent: float) -> Schedule:
    """Gold's share t ** exponent, so that silver decays by a power (Huang et al. 2024, phase 3)."""
    return lambda t: t**exponent


def sigmoid_midpoint(gold_part: float, steepness: float) -> float:
    """Return the midpoint at which a sigmoid of this steepness has mean ``gold_part``.

    The mean over [0, 1] is (ln(1 + e^(k(1 - m))) - ln(1 + e^(-km))) / k, which falls as the
    midpoint m rises; the midpoint may lie outside [0, 1] for extreme parts.
    """
    if not 0 < gold_part < 1:
        return 2.0 if gold_part <= 0 else -1.0

    def mean(midpoint: float) -> float:
        top, bottom = steepness * (1 - midpoint), -steepness * midpoint
        return (_softplus(top) - _softplus(bottom)) / steepness

    low, high = -100.0, 101.0
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if mean(middle) > gold_part else (low, middle)
    return low


def power_exponent(gold_part: float) -> float:
    """Return the exponent at which t ** exponent has mean ``gold_part``: 1 / gold_part - 1."""
    return 1 / max(gold_part, 1e-9) - 1


def _constant(config: BlendingConfig, gold_part: float) -> Schedule:
    return constant(gold_part if config.share is None else config.share)


def _linear(_: BlendingConfig, gold_part: float) -> Schedule:
    return linear(gold_part)


def _sigmoid(config: BlendingConfig, gold_part: float) -> Schedule:
    midpoint = config.midpoint
    if midpoint is None:
        midpoint = sigmoid_midpoint(gold_part, config.steepness)
    return sigmoid(midpoint, config.steepness)


def _power(config: BlendingConfig, gold_part: float) -> Schedule:
    return power(power_exponent(gold_part) if config.exponent is None else config.exponent)


SCHEDULES: dict[ScheduleName, Callable[[BlendingConfig, float], Schedule]] = {
    "constant": _constant,
    "linear": _linear,
    "sigmoid": _sigmoid,
    "power": _power,
}
"""Every schedule that a configuration can name: (config, gold's part of the budget) → schedule."""


def _logistic(x: float) -> float:
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))


def _softplus(x: float) -> float:
    return max(x, 0.0) + math.log1p(math.exp(-abs(x)))
