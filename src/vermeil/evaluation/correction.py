"""Many comparisons at once: the more are made, the likelier one of them deceives."""

from __future__ import annotations

from collections.abc import Sequence


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """Return p-values corrected for their number, in the order given.

    Holm's step-down method: the smallest is multiplied by n, the next by n − 1 and so on; a value
    is never below an earlier one, nor above 1. So the probability that any of the n is called
    significant wrongly stays below the level, however they depend on each other. Source: S. Holm, A
    Simple Sequentially Rejective Multiple Test Procedure (1979).

    Args:
        p_values: one per comparison of the family.
    """
    corrected = [0.0] * len(p_values)
    largest = 0.0
    for rank, index in enumerate(sorted(range(len(p_values)), key=lambda i: p_values[i])):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[index]))
        corrected[index] = largest
    return tuple(corrected)
