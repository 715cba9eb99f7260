"""Rate-limit headers of different servers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from vermeil.teacher.backends.rate_headers import parse_rate_limits
from vermeil.teacher.backends.retry_hint import retry_after


@pytest.mark.parametrize(
    ("reset", "seconds"),
    [("6m0s", 360), ("120ms", 0.12), ("1h2m3.5s", 3723.5), ("7", 7), ("2d", 172800), ("0s", 0)],
)
def test_openai_style(reset: str, seconds: float) -> None:
    headers = {
        "x-ratelimit-remaining-requests": "9",
        "x-ratelimit-reset-requests": reset,
        "x-ratelimit-limit-requests": "10",
        "x-ratelimit-remaining-tokens": "5",
    }
    limits = parse_rate_limits(headers)
    assert limits is not None
    assert limits.requests is not None
    assert (limits.requests.remaining, limits.requests.limit) == (9, 10)
    assert limits.requests.reset == pytest.approx(seconds)
    assert limits.tokens is None


def test_anthropic_style() -> None:
    moment = (datetime.now(UTC) + timedelta(seconds=30)).isoformat().replace("+00:00", "Z")
    limits = parse_rate_limits(
        {
            "anthropic-ratelimit-tokens-remaining": "700",
            "anthropic-ratelimit-tokens-reset": moment,
            "anthropic-ratelimit-tokens-limit": "1000",
        }
    )
    assert limits is not None
    assert limits.tokens is not None
    assert (limits.tokens.remaining, limits.tokens.limit) == (700, 1000)
    assert limits.tokens.reset == pytest.approx(30, abs=5)


@pytest.mark.parametrize("reset", ["", "soon", "5 minutes", "1x"])
def test_unreadable_headers_give_none(reset: str) -> None:
    headers = {"x-ratelimit-remaining-requests": "9", "x-ratelimit-reset-requests": reset}
    assert parse_rate_limits(headers) is None
    assert parse_rate_limits({}) is None


def test_milliseconds_take_precedence_over_seconds() -> None:
    assert retry_after({"retry-after-ms": "250", "retry-after": "1"}) == pytest.approx(0.25)
    assert retry_after({"retry-after": "1"}) == pytest.approx(1.0)
