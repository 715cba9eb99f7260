"""Learning curves: F1 as a function of the numbers of gold and silver documents.

The curve is an inverse power law with a limit, F1 = asymptote − scale · n^(−decay). It fits
learning curves best among the families compared by P. Kolachina, N. Cancedda, M. Dymetman and S.
Venkatapathy, Prediction of Learning Curves in Machine Translation (ACL 2012). J. Hestness et al.,
Deep Learning Scaling is Predictable, Empirically (2017), found it in many tasks. Here n is the
effective number of gold documents, gold + worth · (silver / unit)^returns. Data of another kind
counts as a part of the own kind with diminishing returns, as in D. Hernandez, J. Kaplan, T.
Henighan and S. McCandlish, Scaling Laws for Transfer (2021).

Two of the five parameters, asymptote and scale, follow from the others by least squares. The others
are searched on a grid (variable projection: G. Golub and V. Pereyra, 1973). So the fit needs no
initial values and always converges.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

DECAYS = np.geomspace(0.08, 2.0, 36)
RETURNS = np.array([0.2, 0.35, 0.5, 0.65, 0.8, 1.0])
WORTHS = np.concatenate([[0.0], np.geomspace(0.005, 1.5, 40)])
"""Grid of the three searched parameters; worth in units of ``unit``."""

_CHUNK = 64
"""Number of curves that are fitted at once."""


@dataclass(frozen=True, slots=True)
class Curves:
    """One or several fitted curves; every parameter has shape (curves,).

    Args:
        asymptote: limit of F1 for unlimited data.
        scale: distance from the limit with one document.
        decay: exponent of the decrease of this distance.
        worth: number of gold documents that ``unit`` silver documents are worth.
        returns: exponent of silver; 1: the worth grows in proportion to the number of documents.
        unit: number of silver documents to which ``worth`` refers.
    """

    asymptote: FloatArray
    scale: FloatArray
    decay: FloatArray
    worth: FloatArray
    returns: FloatArray
    unit: float

    def __call__(self, gold: FloatArray, silver: FloatArray) -> FloatArray:
        """Return F1, shape (curves, sizes), for numbers of documents of shape (sizes,)."""
        n = self.effective_gold(gold, silver)
        return self.asymptote[:, None] - self.scale[:, None] * n ** -self.decay[:, None]

    def effective_gold(self, gold: FloatArray, silver: FloatArray) -> FloatArray:
        """Return the effective number of gold documents, shape (curves, sizes), at least 1."""
        parts = np.maximum(silver / self.unit, 0)
        n = gold + self.worth[:, None] * parts ** self.returns[:, None]
        return np.asarray(np.maximum(n, 1.0), dtype=np.float64)

    def gold_needed(self, f1: float, silver: FloatArray) -> FloatArray:
        """Return the number of gold documents at which the first curve reaches an F1.

        Args:
            f1: the target F1.
            silver: numbers of silver documents, shape (sizes,).

        Returns:
            Shape (sizes,); inf: never.
        """
        gap = float(self.asymptote[0]) - f1
        if gap <= 0 or self.scale[0] <= 0:
            return np.full(len(silver), np.inf)
        n = (gap / self.scale[0]) ** (-1 / self.decay[0])
        parts = np.maximum(silver / self.unit, 0)
        return np.asarray(n - self.worth[0] * parts ** self.returns[0], dtype=np.float64)


def fit_curves(gold: Sequence[float], silver: Sequence[float], f1: FloatArray) -> Curves:
    """Fit curves by least squares; the asymptote is at most 1, and F1 never decreases with data.

    Args:
        gold: number of gold documents of each size, shape (sizes,).
        silver: number of silver documents of each size; not all 0.
        f1: shape (curves, sizes): measured F1, one row per curve.
    """
    golds, silvers = np.asarray(gold, float), np.asarray(silver, float)
    unit = float(silvers.max())
    decay, worth, returns = (
        grid.ravel() for grid in np.meshgrid(DECAYS, WORTHS * unit, RETURNS, indexing="ij")
    )
    n = golds + worth[:, None] * (silvers / unit) ** returns[:, None]
    x = np.maximum(n, 1.0) ** -decay[:, None]
    parts = [_best(x, f1[i : i + _CHUNK]) for i in range(0, len(f1), _CHUNK)]
    chosen, asymptote, scale = (np.concatenate(found) for found in zip(*parts, strict=True))
    return Curves(asymptote, scale, decay[chosen], worth[chosen], returns[chosen], unit)


def _best(x: FloatArray, y: FloatArray) -> tuple[NDArray[np.int64], FloatArray, FloatArray]:
    """Return the best fit of asymptote − scale · x for each row of ``y``.

    Args:
        x: shape (candidates, sizes).
        y: shape (curves, sizes).

    Returns:
        The row of ``x`` with the least squared error, asymptote and scale, each of shape (curves,).
    """
    mean_x, mean_y = x.mean(axis=1), y.mean(axis=1)
    centred = x - mean_x[:, None]
    # Shapes (candidates, curves) from here on.
    slope = -(centred @ y.T) / np.maximum((centred**2).sum(axis=1), 1e-300)[:, None]
    slope = np.maximum(slope, 0.0)
    top = mean_y + slope * mean_x[:, None]
    through_one = (x.sum(axis=1)[:, None] - x @ y.T) / (x**2).sum(axis=1)[:, None]
    above = top > 1.0
    slope, top = np.where(above, np.maximum(through_one, 0.0), slope), np.minimum(top, 1.0)
    xx, xy = (x**2).sum(axis=1)[:, None], x @ y.T
    size = x.shape[1]
    error = (
        (y**2).sum(axis=1)
        - 2 * (top * mean_y * size - slope * xy)
        + size * top**2
        - 2 * top * slope * x.sum(axis=1)[:, None]
        + slope**2 * xx
    )
    best = error.argmin(axis=0)
    columns = np.arange(y.shape[0])
    return best, top[best, columns], slope[best, columns]
