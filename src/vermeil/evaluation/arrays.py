"""Counts as arrays: correct, predicted and gold items per seed and group."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

CountArray = NDArray[np.int64]
"""Shape (seeds, groups, 3): correct, predicted and gold items."""


def micro_f1(sums: NDArray[Any]) -> NDArray[np.float64]:
    """Return 2 · correct / (predicted + gold) over the last axis; 0 without any item."""
    items = sums[..., 1] + sums[..., 2]
    return np.asarray(2.0 * sums[..., 0] / np.where(items > 0, items, 1), dtype=np.float64)


def require_shape(counts: CountArray, resamples: int) -> None:
    """Raise `ValueError` unless the array has the shape of counts and resamples are positive."""
    if counts.ndim != 3 or counts.shape[2] != 3 or 0 in counts.shape:
        raise ValueError(f"expected counts of shape (seeds, groups, 3), got {counts.shape}")
    if resamples < 1:
        raise ValueError(f"expected at least one resample, got {resamples}")


def require_pair(system: CountArray, baseline: CountArray, resamples: int) -> None:
    """Raise `ValueError` unless both arrays are counts of the same shape."""
    require_shape(system, resamples)
    if system.shape != baseline.shape:
        raise ValueError(f"shapes differ: {system.shape} and {baseline.shape}")
