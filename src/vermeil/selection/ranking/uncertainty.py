"""Strategy uncertainty: documents on whose words the student is least certain come first.

Sources: T. Scheffer, C. Decomain and S. Wrobel, Active hidden Markov models for information
extraction (IDA 2001): margin; B. Settles and M. Craven, An analysis of active learning strategies
for sequence labeling tasks (EMNLP 2008): token entropy, the mean over the tokens of a sequence.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from vermeil.selection.ranking.choice import RankedChoice, RankSignals
from vermeil.selection.ranking.config import UncertaintyMeasure


def class_uncertainty(
    probabilities: NDArray[np.float32], measure: UncertaintyMeasure
) -> NDArray[np.float64]:
    """Return the uncertainty of each distribution over classes, in [0, 1].

    margin: 1 − (p₁ − p₂), where p₁ and p₂ are the two largest probabilities.
    entropy: −Σ p log p / log(classes).

    Args:
        probabilities: calibrated probabilities, shape (words, classes).
        measure: margin or entropy.

    Returns:
        Shape (words,). 0 for a single class.
    """
    rows = probabilities.astype(np.float64)
    classes = rows.shape[-1]
    if classes < 2:
        return np.zeros(len(rows))
    if measure == "margin":
        largest = np.partition(rows, classes - 2, axis=-1)[:, -2:]
        values = 1 - (largest[:, 1] - largest[:, 0])
    else:
        logs = np.log(np.maximum(rows, np.finfo(np.float64).tiny))
        values = -(rows * logs).sum(axis=-1) / np.log(classes)
    clipped: NDArray[np.float64] = np.clip(values, 0, 1)
    return clipped


def binary_rows(probabilities: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return each probability as a distribution over no and yes, shape (labels, 2).

    Args:
        probabilities: shape (1, labels).
    """
    return np.stack([1 - probabilities[0], probabilities[0]], axis=-1)


def mean_uncertainty(probabilities: NDArray[np.float32], measure: UncertaintyMeasure) -> float:
    """Return the mean uncertainty of the words of a document; 0 without words.

    Args:
        probabilities: shape (words, classes), (words, labels, 3) for a task with a decision per
            word and label, or (1, classes) for a task that labels texts.
        measure: margin or entropy.
    """
    probabilities = probabilities.reshape(-1, probabilities.shape[-1])
    if not len(probabilities):
        return 0.0
    return float(class_uncertainty(probabilities, measure).mean())


def uncertainty_order(signals: RankSignals) -> Iterator[RankedChoice]:
    """Yield the documents by the mean uncertainty of their words, highest first."""
    if signals.uncertainties is None:
        raise ValueError("uncertainty needs the uncertainties of a student")
    for index in np.argsort(-signals.uncertainties, kind="stable").tolist():
        value = float(signals.uncertainties[index])
        yield RankedChoice(index, value, f"mean uncertainty {value:.3f} of its words")
