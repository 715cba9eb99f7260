"""When the next request may be sent: how many at once, and how many a minute."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from vermeil.teacher.backends.base import Limits, Room
from vermeil.teacher.config import TeacherConfig

_BURST = 1.0
"""Seconds' worth of a minute's allowance that may be sent at once."""
_NARROWING = 1.0
"""Seconds in which several complaints count as one."""

Clock = Callable[[], float]


class Pace:
    """Holds requests back: by what is in flight, by the configured rates, by the server's words.

    How many may be in flight is halved when the server complains (at most once a second) and grows
    by one for every round of answers, up to ``concurrency``.

    Args:
        config: ``concurrency``, ``requests_per_minute`` and ``tokens_per_minute``.
        clock: seconds, from any origin.
    """

    def __init__(self, config: TeacherConfig, clock: Clock = time.monotonic) -> None:
        self._clock, now = clock, clock()
        self._most = self.width = float(config.concurrency)
        self.sending = 0
        self._requests = _Bucket.of(config.requests_per_minute, now)
        self._tokens = _Bucket.of(config.tokens_per_minute, now)
        self._server_requests: _Bucket | None = None
        self._server_tokens: _Bucket | None = None
        self._pause_until = self._narrowed = float("-inf")
        self._door = asyncio.Lock()
        self._freed = asyncio.Event()

    async def enter(self, tokens: float) -> None:
        """Return when a request of about so many tokens may be sent; count it as in flight."""
        async with self._door:  # one waits for all, in order
            while True:
                if self.sending >= int(self.width):
                    self._freed.clear()
                    await self._freed.wait()
                elif (left := self.wait(tokens)) > 0:
                    await asyncio.sleep(left)
                else:
                    break
            self._count(tokens)

    def enter_now(self, tokens: float) -> bool:
        """Count a request as in flight, if it need not wait and nobody is waiting; else False."""
        if self._door.locked() or self.sending >= int(self.width) or self.wait(tokens) > 0:
            return False
        self._count(tokens)
        return True

    def leave(self, expected: float, used: float) -> None:
        """Count a request as no longer in flight, and put right what it was thought to need."""
        self.sending -= 1
        self._freed.set()
        if self._tokens is not None:
            self._tokens.take(used - expected, self._clock())

    def answered(self) -> None:
        """Take note that the server could cope: a little more may be sent at once."""
        self.width = min(self._most, self.width + 1 / self.width)

    def complained(self) -> None:
        """Take note that the server could not cope: half as much may be sent at once."""
        now = self._clock()
        if now - self._narrowed >= _NARROWING:
            self._narrowed = now
            self.width = max(1.0, self.width / 2)

    def pause(self, seconds: float) -> None:
        """Let nobody send for so long."""
        self._pause_until = max(self._pause_until, self._clock() + seconds)

    def heed(self, limits: Limits, tokens: float) -> None:
        """Take over what the server says is left.

        Args:
            limits: what it says.
            tokens: about how many a request needs; those in flight are not counted by it yet.
        """
        now = self._clock()
        if limits.requests is not None:
            self._server_requests = _Bucket.told(limits.requests, self.sending, now)
        if limits.tokens is not None:
            self._server_tokens = _Bucket.told(limits.tokens, self.sending * tokens, now)

    def wait(self, tokens: float) -> float:
        """Return the seconds before a request of so many tokens may be sent, slots aside."""
        now = self._clock()
        waits = [bucket.wait(size, now) for bucket, size in self._buckets(tokens)]
        return max(self._pause_until - now, 0.0, *waits)

    def _count(self, tokens: float) -> None:
        self.sending += 1
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

    def __init__(self, level: float, most: float, rate: float, now: float, until: float) -> None:
        self._level, self._most, self._rate = level, most, rate
        self._seen, self._until = now, until

    @classmethod
    def of(cls, per_minute: int | None, now: float) -> _Bucket | None:
        if per_minute is None:
            return None
        rate = per_minute / 60
        most = max(1.0, rate * _BURST)
        return cls(most, most, rate, now, float("inf"))

    @classmethod
    def told(cls, room: Room, underway: float, now: float) -> _Bucket:
        # OpenAI refills steadily, others all at once: where the size is not told, the latter.
        most = room.left if room.most is None else max(room.most, room.left)
        rate = (most - room.left) / room.reset if room.reset > 0 else 0.0
        return cls(room.left - underway, most, rate, now, now + room.reset)

    def wait(self, size: float, now: float) -> float:
        # What is larger than the whole goes when all of it is there.
        lacking = min(size, max(1.0, self._most)) - self._refilled(now)
        if lacking <= 0 or now >= self._until:
            return 0.0
        left = self._until - now
        return min(lacking / self._rate, left) if self._rate else left

    def take(self, size: float, now: float) -> None:
        self._level = self._refilled(now) - size

    def _refilled(self, now: float) -> float:
        level = min(self._most, self._level + (now - self._seen) * self._rate)
        self._level, self._seen = level, now
        return level
