"""Log-probabilities of the tokens of a teacher's reply."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from vermeil.data.document import Range

DIGITS = 5
"""Decimal places of a stored log-probability: the relative error is at most 0.00001."""


@dataclass(frozen=True, slots=True)
class Logprobs:
    """Tokens of a text, without gaps, and their log-probabilities.

    Tokens that share a character are merged into one, whose log-probability is their sum.

    Args:
        ends: end of each token, in code points; the last one is the end of the text.
        values: natural logarithm of each token's probability, given all earlier tokens; at most 0.

    Raises:
        ValueError: ends are not increasing, or a value is not finite or above 0.
    """

    ends: tuple[int, ...]
    values: tuple[float, ...]

    def __post_init__(self) -> None:
        if len(self.ends) != len(self.values):
            raise ValueError(f"{len(self.ends)} tokens, but {len(self.values)} log-probabilities")
        if any(first >= second for first, second in pairwise((0, *self.ends))):
            raise ValueError("tokens are empty or out of order")
        if not all(math.isfinite(value) and value <= 0 for value in self.values):
            raise ValueError("a log-probability is above 0 or not finite")
        rounded = tuple(round(float(value), DIGITS) + 0.0 for value in self.values)
        object.__setattr__(self, "values", rounded)

    @property
    def length(self) -> int:
        """Number of characters of the text."""
        return self.ends[-1] if self.ends else 0

    def total(self, ranges: Iterable[Range]) -> float:
        """Return the log-probability of all tokens that overlap one of the ranges."""
        tokens = {number for one in ranges for number in range(*self._token_range(one))}
        return math.fsum(self.values[number] for number in tokens)

    def for_range(self, start: int, end: int) -> Logprobs:
        """Return the tokens that overlap a range; a token that crosses its ends counts fully."""
        first, last = self._token_range((start, end))
        ends = tuple(min(one, end) - start for one in self.ends[first:last])
        return Logprobs(ends, self.values[first:last])

    def _token_range(self, span: Range) -> Range:
        """Return the numbers of the tokens that overlap a range, half-open."""
        start, end = span
        if start >= end:
            return 0, 0
        return bisect_right(self.ends, start), bisect_left(self.ends, end) + 1
