"""Rate limiter: bounds requests in flight, requests per minute and tokens per minute."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from vermeil.teacher.backends.base import RateQuota, ServerRateLimits
from vermeil.teacher.config import TeacherConfig

_BURST_SECONDS = 1.0
"""Burst size: the allowance of this many seconds may be sent at once."""
_THROTTLE_INTERVAL = 1.0
"""Seconds within which several throttled requests count as one."""

Clock = Callable[[], float]


class RateLimiter:
    """Delays requests to keep the window in flight, the configured rates and the server's limits.

    The window is the number of requests that may be in flight. It is halved when the server
    throttles (at most once a second). It grows by one per window of successful replies, up to
    ``concurrency``.

    Args:
        config: ``concurrency``, ``requests_per_minute`` and ``tokens_per_minute``.
        clock: returns seconds from an arbitrary origin.
    """

    def __init__(self, config: TeacherConfig, clock: Clock = time.monotonic) -> None:
        self._clock, now = clock, clock()
        self._max_window = self.window = float(config.concurrency)
        self.in_flight = 0
        self._requests = _Bucket.from_rate(config.requests_per_minute, now)
        self._tokens = _Bucket.from_rate(config.tokens_per_minute, now)
        self._server_requests: _Bucket | None = None
        self._server_tokens: _Bucket | None = None
        self._pause_until = self._last_throttled = float("-inf")
        self._lock = asyncio.Lock()
        self._slot_freed = asyncio.Event()

    async def acquire(self, tokens: float) -> None:
        """Wait until a request of about ``tokens`` tokens may be sent; count it as in flight."""
        async with self._lock:  # first come, first served
            while True:
                if self.in_flight >= int(self.window):
                    self._slot_freed.clear()
                    await self._slot_freed.wait()
                elif (delay := self.delay(tokens)) > 0:
                    await asyncio.sleep(delay)
                else:
                    break
            self._admit(tokens)

    def try_acquire(self, tokens: float) -> bool:
        """Count a request as in flight and return True; False if it or an earlier one must wait."""
        if self._lock.locked() or self.in_flight >= int(self.window) or self.delay(tokens) > 0:
            return False
        self._admit(tokens)
        return True

    def release(self, expected: float, used: float) -> None:
        """Count a request as no longer in flight; correct its token count.

        Args:
            expected: tokens that `acquire` was called with.
            used: tokens that the request used.
        """
        self.in_flight -= 1
        self._slot_freed.set()
        if self._tokens is not None:
            self._tokens.take(used - expected, self._clock())

    def on_success(self) -> None:
        """Record a reply of the server: enlarge the window."""
        self.window = min(self._max_window, self.window + 1 / self.window)

    def on_throttled(self) -> None:
        """Record that the server was overloaded or limited the rate: halve the window."""
        now = self._clock()
        if now - self._last_throttled >= _THROTTLE_INTERVAL:
            self._last_throttled = now
            self.window = max(1.0, self.window / 2)

    def pause(self, seconds: float) -> None:
        """Delay all requests by ``seconds``."""
        self._pause_until = max(self._pause_until, self._clock() + seconds)

    def update_limits(self, limits: ServerRateLimits, tokens: float) -> None:
        """Apply the remaining quotas that the server reports.

        Args:
            limits: reported quotas; they do not include requests in flight.
            tokens: expected tokens of a request, to subtract those in flight.
        """
        now = self._clock()
        if limits.requests is not None:
            self._server_requests = _Bucket.from_server(limits.requests, self.in_flight, now)
        if limits.tokens is not None:
            self._server_tokens = _Bucket.from_server(limits.tokens, self.in_flight * tokens, now)

    def delay(self, tokens: float) -> float:
        """Return the seconds until the rates allow ``tokens`` tokens; ignores the window."""
        now = self._clock()
        delays = [bucket.delay(size, now) for bucket, size in self._buckets(tokens)]
        return max(self._pause_until - now, 0.0, *delays)

    def _admit(self, tokens: float) -> None:
        self.in_flight += 1
        for bucket, size in self._buckets(tokens):
            bucket.take(size, self._clock())

    def _buckets(self, tokens: float) -> list[tuple[_Bucket, float]]:
        buckets = (
            (self._requests, 1.0),
            (self._tokens, tokens),
            (self._server_requests, 1.0),
            (self._server_tokens, tokens),
        )
        return [(bucket, size) for bucket, size in buckets if bucket is not None]


class _Bucket:
    """Token bucket that refills steadily and imposes no delay from the moment ``until``."""

    def __init__(
        self, level: float, capacity: float, rate: float, now: float, until: float
    ) -> None:
        self._level, self._capacity, self._rate = level, capacity, rate
        self._updated, self._until = now, until

    @classmethod
    def from_rate(cls, per_minute: int | None, now: float) -> _Bucket | None:
        if per_minute is None:
            return None
        rate = per_minute / 60
        capacity = max(1.0, rate * _BURST_SECONDS)
        return cls(capacity, capacity, rate, now, float("inf"))

    @classmethod
    def from_server(cls, quota: RateQuota, in_flight: float, now: float) -> _Bucket:
        # OpenAI refills steadily, others all at once; without a reported limit, all at once.
        capacity = quota.remaining if quota.limit is None else max(quota.limit, quota.remaining)
        rate = (capacity - quota.remaining) / quota.reset if quota.reset > 0 else 0.0
        return cls(quota.remaining - in_flight, capacity, rate, now, now + quota.reset)

    def delay(self, size: float, now: float) -> float:
        # A request larger than the capacity passes when the bucket is full.
        lacking = min(size, max(1.0, self._capacity)) - self._refilled(now)
        if lacking <= 0 or now >= self._until:
            return 0.0
        left = self._until - now
        return min(lacking / self._rate, left) if self._rate else left

    def take(self, size: float, now: float) -> None:
        self._level = self._refilled(now) - size

    def _refilled(self, now: float) -> float:
        level = min(self._capacity, self._level + (now - self._updated) * self._rate)
        self._level, self._updated = level, now
        return level
