"""Regions: stretches of a text on which teacher and students may disagree, and what may be true."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

SpanKey = tuple[int, int, str]
"""Start, end (half-open, in code points) and label: a span without anything else."""

Candidate = tuple[SpanKey, ...]
"""One way to annotate a region, in order; ``()``: nothing is there."""


def overlaps(key: SpanKey, start: int, end: int) -> bool:
    """Whether a mark shares a character with a stretch."""
    return key[0] < end and key[1] > start


@dataclass(frozen=True, slots=True)
class Region:
    """A stretch of a text in which teacher or students see something.

    Args:
        start: first code point.
        end: one past the last code point.
        candidates: the ways to annotate it that are considered; no two are equal.
        log_probs: float64, shape (options,): log-probability of each under students that did not
            learn from this document; their exponentials sum to 1.
        teacher_choice: number of the option that is the teacher's.
        student_choice: number of the option that is the students'.
        auxiliary_log_probs: float64, shape (others, options): the same as ``log_probs`` under each of those who
            were asked besides.
    """

    start: int
    end: int
    candidates: tuple[Candidate, ...]
    log_probs: NDArray[np.float64]
    teacher_choice: int
    student_choice: int
    auxiliary_log_probs: NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, 0)))

    def candidate_index(self, span_keys: Candidate) -> int | None:
        """Return the number of the option that has exactly those marks that touch the region.

        None where it is none of them, or where a mark reaches out of the region.

        Args:
            span_keys: of the whole text, in order.
        """
        touching = tuple(m for m in span_keys if overlaps(m, self.start, self.end))
        if any(start < self.start or end > self.end for start, end, _ in touching):
            return None
        return self.candidates.index(touching) if touching in self.candidates else None
