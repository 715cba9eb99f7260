"""When the next request may be sent: how many at once, and how many a minute."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from vermeil.teacher.backends.base import RateQuota, ServerRateLimits
from vermeil.teacher.config import TeacherConfig

_BURST_SECONDS = 1.0
"""Seconds' worth of a minute's allowance that may be sent at once."""
_THROTTLE_INTERVAL = 1.0
"""Seconds in which several complaints count as one."""

Clock = Callable[[], float]


class RateLimiter:
    """Holds requests back: by what is in flight, by the configured rates, by the server's words.

    How many may be in flight is halved when the server complains (at most once a second) and grows
    by one for every round of answers, up to ``concurrency``.

    Args:
        config: ``concurrency``, ``requests_per_minute`` and ``tokens_per_minute``.
        clock: seconds, from any origin.
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
        """Return when a request of about so many tokens may be sent; count it as in flight."""
        async with self._lock:  # one waits for all, in order
            while True:
                if self.in_flight >= int(self.window):
                    self._slot_freed.clear()
                    await self._slot_freed.wait()
                elif (left := self.delay(tokens)) > 0:
                    await asyncio.sleep(left)
                else:
                    break
            self._admit(tokens)

    def try_acquire(self, tokens: float) -> bool:
        """Count a request as in flight, if it need not wait and nobody is waiting; else False."""
        if self._lock.locked() or self.in_flight >= int(self.window) or self.delay(tokens) > 0:
            return False
        self._admit(tokens)
        return True

    def release(self, expected: float, used: float) -> None:
        """Count a request as no longer in flight, and put right what it was thought to need."""
        self.in_flight -= 1
        self._slot_freed.set()
        if self._tokens is not None:
            self._tokens.take(used - expected, self._clock())

    def on_success(self) -> None:
        """Take note that the server could cope: a little more may be sent at once."""
        self.window = min(self._max_window, self.window + 1 / self.window)

    def on_throttled(self) -> None:
        """Take note that the server could not cope: half as much may be sent at once."""
        now = self._clock()
        if now - self._last_throttled >= _THROTTLE_INTERVAL:
            self._last_throttled = now
            self.window = max(1.0, self.window / 2)

    def pause(self, seconds: float) -> None:
        """Let nobody send for so long."""
        self._pause_until = max(self._pause_until, self._clock() + seconds)

    def update_limits(self, limits: ServerRateLimits, tokens: float) -> None:
        """Take over what the server says is left.

        Args:
            limits: what it says.
            tokens: about how many a request needs; those in flight are not counted by it yet.
        """
        now = self._clock()
        if limits.requests is not None:
            self._server_requests = _Bucket.from_server(limits.requests, self.in_flight, now)
        if limits.tokens is not None:
            self._server_tokens = _Bucket.from_server(limits.tokens, self.in_flight * tokens, now)

    def delay(self, tokens: float) -> float:
        """Return the seconds before a request of so many tokens may be sent, slots aside."""
        now = self._clock()
        waits = [bucket.delay(size, now) for bucket, size in self._buckets(tokens)]
        return max(self._pause_until - now, 0.0, *waits)

    def _admit(self, tokens: float) -> None:
        self.in_flight += 1
        for bucket, size in self._buckets(tokens):
            bucket.take(size, self._clock())

    def _buckets(self, tokens: float) -> list[tuple[_Bucket, float]]:
        all_of = (
            (self._requests, 1.0),
            (self._tokens, tokens),
            (self._server_requests, 1.0),
            (self._server_tokens, tokens),
        )
        return [(bucket, size) for bucket, size in all_of if bucket is not None]


class _Bucket:
    """An allowance that refills steadily, and ends being one at some moment."""

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
        most = max(1.0, rate * _BURST_SECONDS)
        return cls(most, most, rate, now, float("inf"))

    @classmethod
    def from_server(cls, quota: RateQuota, in_flight: float, now: float) -> _Bucket:
        # OpenAI refills steadily, others all at once: where the size is not told, the latter.
        most = quota.remaining if quota.limit is None else max(quota.limit, quota.remaining)
        rate = (most - quota.remaining) / quota.reset if quota.reset > 0 else 0.0
        return cls(quota.remaining - in_flight, most, rate, now, now + quota.reset)

    def delay(self, size: float, now: float) -> float:
        # What is larger than the whole goes when all of it is there.
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
