"""Shares of a limit: each optimisation spends its own share, so that all of them can be finished.

The shares count the cost of every reply that is used, whether it was stored before or not. So an
interrupted run takes the same decisions when it is repeated over the stored replies.
"""

from __future__ import annotations

from dataclasses import dataclass

_REPLIES_FOR_MEAN = 10
"""Number of replies from which their mean replaces the expected amount of a request."""


@dataclass(frozen=True, slots=True)
class Amount:
    """Numbers of calls and tokens, and cost in units of 1e-12 dollars; infinite: no limit."""

    calls: float = 0.0
    tokens: float = 0.0
    cost: float = 0.0

    def __add__(self, other: Amount) -> Amount:
        return Amount(self.calls + other.calls, self.tokens + other.tokens, self.cost + other.cost)

    def __sub__(self, other: Amount) -> Amount:
        return Amount(self.calls - other.calls, self.tokens - other.tokens, self.cost - other.cost)

    def scaled(self, factor: float) -> Amount:
        """Return this amount times a number."""
        return Amount(self.calls * factor, self.tokens * factor, self.cost * factor)

    def within(self, limit: Amount) -> bool:
        """Return whether no part exceeds the limit."""
        return self.calls <= limit.calls and self.tokens <= limit.tokens and self.cost <= limit.cost


class Allowance:
    """The part of a limit that the current optimisation may spend.

    Args:
        limit: the limit of all optimisations together.
        expected: expected amount of one request, used until replies are known.
    """

    def __init__(self, limit: Amount, expected: Amount) -> None:
        self.limit, self.used, self.was_exceeded = limit, Amount(), False
        self._expected, self._end = expected, limit

    @property
    def per_request(self) -> Amount:
        """Expected amount of one request."""
        if self.used.calls < _REPLIES_FOR_MEAN:
            return self._expected
        return self.used.scaled(1 / self.used.calls)

    def record(self, amount: Amount) -> None:
        """Add the amount of a used reply."""
        self.used += amount

    def start_share(self, shares: int, reserved: int) -> None:
        """Start one of ``shares`` equal shares of what is left.

        Args:
            shares: number of shares, this one included.
            reserved: number of requests that are not part of any share.
        """
        rest = self.limit - self.used - self.per_request.scaled(reserved)
        self._end = self.used + rest.scaled(1 / shares)

    def affords(self, requests: int) -> bool:
        """Return whether a number of requests fits the current share."""
        fits = (self.used + self.per_request.scaled(requests)).within(self._end)
        self.was_exceeded = self.was_exceeded or not fits
        return fits
