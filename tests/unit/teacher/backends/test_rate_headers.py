"""Rate-limit headers of different servers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from vermeil.teacher.backends.base import RateQuota, ServerRateLimits
from vermeil.teacher.backends.http_status import retry_after
from vermeil.teacher.backends.rate_headers import parse_rate_limits


@pytest.mark.parametrize(
    ("reset", "seconds"),
    [("6m0s", 360), ("120ms", 0.12), ("1h2m3.5s", 3723.5), ("7", 7), ("2d", 172800), ("0s", 0)],
)
def test_openai_style(reset, seconds):
    headers = {
        "x-ratelimit-remaining-requests": "9",
        "x-ratelimit-reset-requests": reset,
        "x-ratelimit-limit-requests": "10",
        "x-ratelimit-remaining-tokens": "5",
    }
    assert parse_rate_limits(headers) == ServerRateLimits(
        RateQuota(9, pytest.approx(seconds), 10), None
    )


def test_anthropic_style():
    moment = (datetime.now(UTC) + timedelta(seconds=30)).isoformat().replace("+00:00", "Z")
    limits = parse_rate_limits(
        {
            "anthropic-ratelimit-tokens-remaining": "700",
            "anthropic-ratelimit-tokens-reset": moment,
            "anthropic-ratelimit-tokens-limit": "1000",
        }
    )
    assert limits is not None
    assert limits.tokens == RateQuota(700, pytest.approx(30, abs=5), 1000)


@pytest.mark.parametrize("reset", ["", "soon", "5 minutes", "1x"])
def test_unreadable_headers_give_none(reset):
    headers = {"x-ratelimit-remaining-requests": "9", "x-ratelimit-reset-requests": reset}
    assert parse_rate_limits(headers) is None
    assert parse_rate_limits({}) is None


def test_milliseconds_take_precedence_over_seconds():
    assert retry_after({"retry-after-ms": "250", "retry-after": "1"}) == pytest.approx(0.25)
    assert retry_after({"retry-after": "1"}) == pytest.approx(1.0)
