"""Regions: parts of a text on which teacher and students may disagree, with candidates."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from vermeil.data.document import Range

SpanKey = tuple[int, int, str]
"""Start, end (half-open, in code points) and label of a span."""

Candidate = tuple[SpanKey, ...]
"""One possible annotation of a region: its spans in order; ``()``: no span."""


def overlaps(key: SpanKey, start: int, end: int) -> bool:
    """Return whether a span shares a character with a range."""
    return key[0] < end and key[1] > start


@dataclass(frozen=True, slots=True)
class Region:
    """Part of a text in which the teacher or the students predict a span.

    Args:
        start: first code point.
        end: one past the last code point.
        candidates: the possible annotations that are compared; all are different.
        log_probs: float64, shape (candidates,): log-probability of each candidate under students
            that were not trained on this document; the exponentials sum to 1.
        teacher_choice: index of the teacher's candidate.
        student_choice: index of the students' candidate.
        auxiliary_log_probs: float64, shape (scorers, candidates): the same as ``log_probs`` for
            each auxiliary scorer.
        label: the only label that the region decides; None: all labels. Another region may then
            decide another label of the same range.
    """

    start: int
    end: int
    candidates: tuple[Candidate, ...]
    log_probs: NDArray[np.float64]
    teacher_choice: int
    student_choice: int
    auxiliary_log_probs: NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, 0)))
    label: str | None = None

    def candidate_index(self, span_keys: Candidate) -> int | None:
        """Return the index of the candidate that equals the given spans within the region.

        None if no candidate does, or if a span crosses an end of the region.

        Args:
            span_keys: spans of the whole text, in order.
        """
        touching = tuple(
            key
            for key in span_keys
            if overlaps(key, self.start, self.end) and self.label in (None, key[2])
        )
        if any(start < self.start or end > self.end for start, end, _ in touching):
            return None
        return self.candidates.index(touching) if touching in self.candidates else None


PairLabel = tuple[int, int, str]
"""Index of head and of tail in the annotation's spans, and the type of relation."""

PairCandidate = tuple[PairLabel, ...]
"""One possible annotation of a pair of spans: its relations in order; ``()``: none."""


@dataclass(frozen=True, slots=True)
class PairRegion:
    """Two spans of a document between which the teacher or the students mark a relation.

    Args:
        first: the earlier span of the teacher's annotation.
        second: the later one.
        candidates: the possible relations between them; all are different, one is empty.
        log_probs: float64, shape (candidates,): log-probability of each candidate under students
            that were not trained on this document; the exponentials sum to 1.
        teacher_choice: index of the teacher's candidate.
        student_choice: index of the students' candidate.
        uncertainty: uncertainty of the teacher's relations, in [0, 1]: 1 minus the score; 0 without
            scores.
    """

    first: SpanKey
    second: SpanKey
    candidates: tuple[PairCandidate, ...]
    log_probs: NDArray[np.float64]
    teacher_choice: int
    student_choice: int
    uncertainty: float = 0.0

    @property
    def teacher_candidate(self) -> PairCandidate:
        """The teacher's relations between the two spans."""
        return self.candidates[self.teacher_choice]

    @property
    def distance(self) -> int:
        """Number of characters between the two spans."""
        return max(0, self.second[0] - self.first[1])


def merge_ranges(ranges: Iterable[Range]) -> list[Range]:
    """Return the union of ranges, in order; ranges that overlap or touch become one."""
    merged: list[Range] = []
    for start, end in sorted(ranges):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
