"""What servers say about their limits in the headers of an answer."""

from __future__ import annotations

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
"""Names of the headers: OpenAI and those who follow it; Anthropic."""

_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_SECONDS = {"ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def parse_rate_limits(headers: Mapping[str, str]) -> ServerRateLimits | None:
    """Return what response headers, looked up in lower case, say; None: nothing."""
    requests, tokens = _quota(headers, "requests"), _quota(headers, "tokens")
    return None if requests is None and tokens is None else ServerRateLimits(requests, tokens)


def _quota(headers: Mapping[str, str], kind: str) -> RateQuota | None:
    for style in _STYLES:
        left, reset, most = (headers.get(name.format(kind)) for name in style)
        if left is None or reset is None:
            continue
        try:
            return RateQuota(float(left), _seconds(reset), float(most) if most else None)
        except ValueError:
            continue
    return None


def _seconds(value: str) -> float:
    """Read ``6m0s``, ``120ms``, a number of seconds, or a moment in ISO format."""
    parts = _PART.findall(value)
    if parts and "".join(number + unit for number, unit in parts) == value:
        return sum(float(number) * _SECONDS[unit] for number, unit in parts)
    try:
        return max(0.0, float(value))
    except ValueError:
        return max(0.0, datetime.fromisoformat(value).timestamp() - time.time())
