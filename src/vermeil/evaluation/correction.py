"""Correction of p-values for multiple comparisons."""

from __future__ import annotations

from collections.abc import Sequence


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """Return p-values with Holm's correction, in the given order.

    The step-down method multiplies the smallest value by n, the next by n − 1, and so on. A value
    is never below an earlier one and never above 1. This controls the family-wise error rate under
    any dependence. Source: S. Holm, A Simple Sequentially Rejective Multiple Test Procedure (1979).

    Args:
        p_values: the p-value of each comparison of the family.
    """
    corrected = [0.0] * len(p_values)
    largest = 0.0
    for rank, index in enumerate(sorted(range(len(p_values)), key=lambda i: p_values[i])):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[index]))
        corrected[index] = largest
    return tuple(corrected)
