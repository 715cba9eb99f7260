"""Schedules: the gold share as a function of training progress.

A schedule maps progress t in [0, 1] to the expected gold share of the wordpieces, in [0, 1]. The
gold share increases; `backwards` makes it decrease. By default the mean of a schedule over [0, 1]
is ``gold_fraction``, gold's share of the budget, so that the schedule spends exactly this share.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from vermeil.blending.config import BlendingConfig, ScheduleName
from vermeil.errors import ConfigError

Schedule = Callable[[float], float]
"""``gold_share(t)``."""


def constant(share: float) -> Schedule:
    """Return a constant schedule."""
    return lambda _: share


def linear(gold_fraction: float) -> Schedule:
    """Return a straight line with mean ``gold_fraction``.

    It starts at 0 if ``gold_fraction`` is at most one half, and otherwise ends at 1.
    """
    if gold_fraction <= 0.5:
        return lambda t: 2 * gold_fraction * t
    return lambda t: 1 - 2 * (1 - gold_fraction) * (1 - t)


def cosine(gold_fraction: float) -> Schedule:
    """Return half a cosine wave with the end points of `linear`: slow, fast, slow."""
    line = linear(gold_fraction)
    return lambda t: line((1 - math.cos(math.pi * t)) / 2)


def sigmoid(midpoint: float, steepness: float) -> Schedule:
    """Return 1 / (1 + exp(-steepness · (t - midpoint))), as in Huang et al. 2024, phase 3."""
    return lambda t: _logistic(steepness * (t - midpoint))


def power(exponent: float) -> Schedule:
    """Return t ** exponent: a power decay of silver (Huang et al. 2024, phase 3)."""
    return lambda t: t**exponent


def exponential(rate: float) -> Schedule:
    """Return (e^(rate·t) - 1) / (e^rate - 1), from 0 to 1.

    A high rate increases late, a negative rate early. The computation cannot overflow. A rate near
    0 gives a straight line.
    """
    if rate < 0:
        mirrored = exponential(-rate)
        return lambda t: 1 - mirrored(1 - t)
    if rate < 1e-6:
        return lambda t: t
    return lambda t: math.exp(rate * (t - 1)) * math.expm1(-rate * t) / math.expm1(-rate)


def step(gold_fraction: float, steps: int) -> Schedule:
    """Return steps of equal length and height between the end points of `linear`."""
    line = linear(gold_fraction)
    return lambda t: line(min(int(t * steps), steps - 1) / (steps - 1))


def cyclic(gold_fraction: float, cycles: int) -> Schedule:
    """Return the line of `linear`, repeated in every cycle; at t = 1 it has its maximum."""
    line = linear(gold_fraction)
    return lambda t: line(1.0 if t >= 1 else t * cycles % 1.0)


def piecewise(points: Sequence[tuple[float, float]]) -> Schedule:
    """Return straight lines between points (progress, share).

    The share is constant before the first point and after the last one. Two points with the same
    progress make a jump.
    """
    ordered = sorted(points, key=lambda point: point[0])
    positions = [position for position, _ in ordered]

    def share(t: float) -> float:
        after = bisect_right(positions, t)
        if after in (0, len(ordered)):
            return ordered[after and -1][1]
        (left, low), (right, high) = ordered[after - 1], ordered[after]
        return low + (high - low) * (t - left) / (right - left)

    return share


def backwards(schedule: Schedule) -> Schedule:
    """Return the schedule reversed: the gold share decreases, with the same mean."""
    return lambda t: schedule(1 - t)


def sigmoid_midpoint(gold_fraction: float, steepness: float) -> float:
    """Return the midpoint at which a sigmoid of this steepness has mean ``gold_fraction``.

    The mean over [0, 1] is (ln(1 + e^(k(1 - m))) - ln(1 + e^(-km))) / k, which decreases with the
    midpoint m. For extreme fractions the midpoint may lie outside [0, 1].
    """
    if not 0 < gold_fraction < 1:
        return 2.0 if gold_fraction <= 0 else -1.0

    def mean(midpoint: float) -> float:
        top, bottom = steepness * (1 - midpoint), -steepness * midpoint
        return (_softplus(top) - _softplus(bottom)) / steepness

    low, high = -100.0, 101.0
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if mean(middle) > gold_fraction else (low, middle)
    return low


def power_exponent(gold_fraction: float) -> float:
    """Return the exponent 1 / gold_fraction - 1, at which `power` has mean ``gold_fraction``."""
    return 1 / max(gold_fraction, 1e-9) - 1


def exponential_rate(gold_fraction: float) -> float:
    """Return the rate at which `exponential` has mean ``gold_fraction``.

    The mean over [0, 1] is 1/r - 1/(e^r - 1), which decreases with the rate r. Rates are limited to
    ± 10⁴, at which one ten-thousandth of the budget goes to the smaller origin.
    """

    def mean(rate: float) -> float:
        if abs(rate) < 1e-4:
            return 0.5 - rate / 12
        return 1 / rate + (-1 / math.expm1(rate) if rate < 500 else 0.0)

    low, high = -1e4, 1e4
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if mean(middle) > gold_fraction else (low, middle)
    return low


def _constant(config: BlendingConfig, gold_fraction: float) -> Schedule:
    return constant(gold_fraction if config.share is None else config.share)


def _linear(_: BlendingConfig, gold_fraction: float) -> Schedule:
    return linear(gold_fraction)


def _sigmoid(config: BlendingConfig, gold_fraction: float) -> Schedule:
    midpoint = config.midpoint
    if midpoint is None:
        midpoint = sigmoid_midpoint(gold_fraction, config.steepness)
    return sigmoid(midpoint, config.steepness)


def _power(config: BlendingConfig, gold_fraction: float) -> Schedule:
    return power(power_exponent(gold_fraction) if config.exponent is None else config.exponent)


def _cosine(_: BlendingConfig, gold_fraction: float) -> Schedule:
    return cosine(gold_fraction)


def _exponential(config: BlendingConfig, gold_fraction: float) -> Schedule:
    return exponential(exponential_rate(gold_fraction) if config.rate is None else config.rate)


def _step(config: BlendingConfig, gold_fraction: float) -> Schedule:
    return step(gold_fraction, config.steps)


def _cyclic(config: BlendingConfig, gold_fraction: float) -> Schedule:
    return cyclic(gold_fraction, config.cycles)


def _piecewise(config: BlendingConfig, _: float) -> Schedule:
    if not config.table:
        raise ConfigError(
            "blending.table: missing; the schedule piecewise needs points [progress, gold share], "
            "for example [[0, 0.1], [0.7, 0.1], [1, 0.9]]"
        )
    return piecewise(config.table)


@dataclass(frozen=True, slots=True)
class ScheduleSpec:
    """A schedule that a configuration can name.

    Args:
        title: name for readers of a report.
        meaning: what the schedule does, in a few words.
        make: returns the schedule for a configuration and gold's share of the budget.
    """

    title: str
    meaning: str
    make: Callable[[BlendingConfig, float], Schedule]


SCHEDULES: dict[ScheduleName, ScheduleSpec] = {
    "constant": ScheduleSpec("Constant", "constant gold share", _constant),
    "linear": ScheduleSpec("Linear", "gold share grows linearly", _linear),
    "cosine": ScheduleSpec("Cosine", "gold share follows half a cosine wave", _cosine),
    "sigmoid": ScheduleSpec("Sigmoid", "gold share follows an S-curve", _sigmoid),
    "power": ScheduleSpec("Power", "gold share follows a power", _power),
    "exponential": ScheduleSpec("Exponential", "gold share grows exponentially", _exponential),
    "step": ScheduleSpec("Step", "gold share grows in steps", _step),
    "cyclic": ScheduleSpec("Cyclic", "gold share grows in cycles", _cyclic),
    "piecewise": ScheduleSpec("Piecewise", "gold share follows a table", _piecewise),
}
"""Every schedule of ``blending.schedule``."""


def _logistic(x: float) -> float:
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))


def _softplus(x: float) -> float:
    return max(x, 0.0) + math.log1p(math.exp(-abs(x)))
