"""Delays that a server requests before the next request: in headers, or in an error's body."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any

_SECONDS_KEYS = {"retry_after", "retryafter", "retry_after_seconds", "retrydelay", "retry_delay"}
_MILLISECONDS_KEYS = {"retry_after_ms", "retryafterms"}
_RESET_KEY = "x_ratelimit_reset"
_DURATION = re.compile(
    r"\s*(\d{1,15}(?:\.\d{1,15})?)\s*(ms|milliseconds?|s|secs?|seconds?|m|min|minutes?)?\s*"
)
_IN_MESSAGE = re.compile(
    r"(?i)\b(?:try again|retry)\b(?: your request)?(?: in| after)\s+(\d{1,6}(?:\.\d{1,6})?)\s*"
    r"(ms|milliseconds?|s|secs?|seconds?|m|min|minutes?)\b"
)
_MAX_VALUES = 200
"""Maximum number of values of an error that are searched."""
_MIN_EPOCH = 1e9
"""Larger numbers are times since 1970, in seconds or milliseconds."""


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the delay that response headers request, in seconds; None if there is none.

    ``retry-after-ms`` of OpenAI and Azure is more precise and takes precedence.
    """
    value, unit = headers.get("retry-after-ms"), 1e-3
    if value is None:
        value, unit = headers.get("retry-after"), 1.0
    if value is None:
        return None
    try:
        seconds = float(value) * unit
    except ValueError:
        seconds = _until(value)
    return max(0.0, seconds) if math.isfinite(seconds) else None


def retry_hint(error: Any, message: str) -> float | None:
    """Return the delay in the body of an error, in seconds; None if there is none.

    Args:
        error: the decoded error.
        message: its message, for example "Please try again in 1.2s".
    """
    stack, left = [error], _MAX_VALUES
    while stack and left:
        value, left = stack.pop(), left - 1
        if isinstance(value, list):
            stack.extend(value[:20])
        elif isinstance(value, dict):
            for key, inner in value.items():
                seconds = _delay(key.lower().replace("-", "_"), inner)
                if seconds is not None:
                    return seconds
                if isinstance(inner, dict | list):
                    stack.append(inner)
    found = _IN_MESSAGE.search(message)
    return None if found is None else float(found[1]) * _unit(found[2].lower())


def _delay(key: str, value: Any) -> float | None:
    """Return the delay of one entry; None if the entry is no delay."""
    if key not in _SECONDS_KEYS | _MILLISECONDS_KEYS | {_RESET_KEY}:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    found = _DURATION.fullmatch(str(value))
    if found is None:
        return None
    number, unit = float(found[1]), _unit(found[2])
    if key in _MILLISECONDS_KEYS:
        return number / 1000
    if number >= _MIN_EPOCH:
        moment = number / 1000 if number >= 1000 * _MIN_EPOCH else number
        return max(0.0, moment - time.time())
    return None if key == _RESET_KEY else number * unit


def _unit(name: str | None) -> float:
    if not name or name.startswith("s"):
        return 1.0
    return 1e-3 if name.startswith(("ms", "milli")) else 60.0


def _until(date: str) -> float:
    """Return the seconds until an HTTP date; NaN if it is invalid."""
    try:
        return parsedate_to_datetime(date).timestamp() - time.time()
    except (ValueError, OverflowError):
        return math.nan
