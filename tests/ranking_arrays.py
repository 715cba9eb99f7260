"""Signals of random documents for the tests of strategies."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vermeil.selection.ranking.choice import RankSignals


def unit_rows(number: int, seed: int, size: int = 4) -> NDArray[np.float32]:
    """Return random rows of length 1."""
    rows = np.random.default_rng(seed).normal(size=(number, size))
    unit: NDArray[np.float32] = np.asarray(
        rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32
    )
    return unit


def signals_of(number: int, seed: int = 0, places: int = 5) -> RankSignals:
    """Return the signals of so many documents; none has a region."""
    rng = np.random.default_rng(seed)
    return RankSignals(
        costs=rng.uniform(1, 9, number),
        seed=seed,
        places=places,
        embeddings=unit_rows(number, seed),
        uncertainties=rng.uniform(size=number),
        words=rng.integers(1, 30, number),
    )
