"""Rule that decides whether a training has finished learning, from its curves."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MINIMUM_DEV_F1 = 0.05
"""A student whose best dev F1 is lower has not learned the task."""
SMALL_SHARE = 0.05
"""A change between the last two quarters of training is small up to this share of the curve."""
HIGH_LOSS = 0.2
"""A last training loss above this share of the first one leaves room for learning."""
LEARNED_LOSS, LEARNED_F1 = 0.1, 0.5
"""With a loss below this share of the first one and a dev F1 above this value, the training data
are learned. A late rise of the dev F1 then comes from the order of the data (gold at the end)."""
_MINIMUM_POINTS = 4
_FIRST_SHARE = 0.05


@dataclass(frozen=True, slots=True)
class LearningState:
    """State of a training at its end.

    Args:
        finished: whether the curves show no room for learning.
        reason: what the curves show; empty if ``finished``.
        suggested_budget: budget to try, in the unit of ``spent``; None if ``finished`` or unknown.
    """

    finished: bool
    reason: str = ""
    suggested_budget: int | None = None

    @property
    def warning(self) -> str:
        """Warning for people, with the budget to try; empty if ``finished``."""
        if self.finished:
            return ""
        text = f"not finished learning: {self.reason}"
        if self.suggested_budget is None:
            return text
        return f"{text}; try a budget of {self.suggested_budget:,} wordpieces"


FINISHED = LearningState(finished=True)
"""State of a training without signs of unfinished learning."""


def learning_state(
    losses: Sequence[float], dev_scores: Sequence[float], spent: int
) -> LearningState:
    """Return whether a training has finished learning.

    It has not if the best dev F1 is below `MINIMUM_DEV_F1`, or if the dev F1 of the last quarter
    of training is clearly above that of the quarter before and above every earlier one. Without a
    dev curve of at least four points, the training loss counts: it must not be high and still
    fall.

    Args:
        losses: training losses in order, per step or averaged over intervals; may be empty.
        dev_scores: dev F1 in order; may be empty, or only the F1 at the end.
        spent: budget of the training, in wordpieces.
    """
    loss, dev = _finite(losses), _finite(dev_scores)
    if dev.size and dev.max() < MINIMUM_DEV_F1:
        return _unfinished(f"the best dev F1 is {dev.max():.3f}", spent, factor=4)
    if len(dev) >= _MINIMUM_POINTS:
        earlier, last = _last_quarters(dev)
        rises = last - earlier > SMALL_SHARE * max(last, LEARNED_F1) and last > _best_before(dev)
        if rises and not _learned(loss, last):
            return _unfinished(
                f"dev F1 still rises, from {earlier:.3f} to {last:.3f} in the last quarter of "
                "training",
                spent,
            )
    elif len(loss) >= _MINIMUM_POINTS:
        earlier, last = _last_quarters(loss)
        if last > HIGH_LOSS * _first(loss) and earlier - last > SMALL_SHARE * earlier:
            return _unfinished(
                f"the training loss still falls, from {earlier:.3g} to {last:.3g} in the last "
                "quarter of training",
                spent,
            )
    elif loss.size and dev.size and dev.max() < LEARNED_F1:
        return _unfinished(
            f"the training loss has only {len(loss)} points, and the best dev F1 is "
            f"{dev.max():.3f}",
            spent,
            factor=4,
        )
    return FINISHED


def _unfinished(reason: str, spent: int, factor: int = 2) -> LearningState:
    return LearningState(
        finished=False,
        reason=reason,
        suggested_budget=_round_up(factor * spent) if spent > 0 else None,
    )


def _finite(values: Sequence[float]) -> NDArray[np.float64]:
    array = np.asarray(values, dtype=np.float64)
    return array[np.isfinite(array)]


def _last_quarters(values: NDArray[np.float64]) -> tuple[float, float]:
    """Return the means of the third and of the last quarter of a curve."""
    _, _, third, last = np.array_split(values, 4)
    return float(third.mean()), float(last.mean())


def _best_before(dev: NDArray[np.float64]) -> float:
    """Return the best dev F1 before the last quarter."""
    return float(np.concatenate(np.array_split(dev, 4)[:3]).max())


def _first(loss: NDArray[np.float64]) -> float:
    """Return the mean loss of the first points of a curve."""
    return float(loss[: max(1, round(_FIRST_SHARE * len(loss)))].mean())


def _learned(loss: NDArray[np.float64], dev_f1: float) -> bool:
    """Return whether the training data are learned, as far as the losses show it."""
    if len(loss) < _MINIMUM_POINTS or dev_f1 < LEARNED_F1:
        return False
    return _last_quarters(loss)[1] < LEARNED_LOSS * _first(loss)


def _round_up(number: int) -> int:
    """Return the number rounded up to two significant digits."""
    unit = int(10 ** max(0, int(math.log10(number)) - 1))
    return math.ceil(number / unit) * unit
