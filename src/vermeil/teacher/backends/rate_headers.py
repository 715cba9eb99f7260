"""Parser of rate-limit headers in a server's response."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Mapping
from datetime import datetime

from vermeil.teacher.backends.base import RateQuota, ServerRateLimits

_STYLES = (
    ("x-ratelimit-remaining-{}", "x-ratelimit-reset-{}", "x-ratelimit-limit-{}"),
    (
        "anthropic-ratelimit-{}-remaining",
        "anthropic-ratelimit-{}-reset",
        "anthropic-ratelimit-{}-limit",
    ),
)
"""Names of the headers: OpenAI and compatible servers; Anthropic."""

_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_SECONDS = {"ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def parse_rate_limits(headers: Mapping[str, str]) -> ServerRateLimits | None:
    """Return the rate limits in response headers (names in lower case); None: not reported."""
    requests, tokens = _quota(headers, "requests"), _quota(headers, "tokens")
    return None if requests is None and tokens is None else ServerRateLimits(requests, tokens)


def _quota(headers: Mapping[str, str], kind: str) -> RateQuota | None:
    for style in _STYLES:
        remaining, reset, limit = (headers.get(name.format(kind)) for name in style)
        if remaining is None or reset is None:
            continue
        try:
            numbers = float(remaining), _seconds(reset), float(limit) if limit else None
        except ValueError:
            continue
        if all(number is None or math.isfinite(number) for number in numbers):
            return RateQuota(*numbers)
    return None


def _seconds(value: str) -> float:
    """Return seconds from ``6m0s``, ``120ms``, a number of seconds, or a time in ISO format."""
    parts = _PART.findall(value)
    if parts and "".join(number + unit for number, unit in parts) == value:
        return sum(float(number) * _SECONDS[unit] for number, unit in parts)
    try:
        return max(0.0, float(value))
    except ValueError:
        return max(0.0, datetime.fromisoformat(value).timestamp() - time.time())
