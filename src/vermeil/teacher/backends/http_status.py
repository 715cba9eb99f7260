"""Conversion of HTTP error statuses into attempt errors."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

from vermeil.teacher.backends.base import AttemptError, ErrorScope
from vermeil.teacher.config import TeacherConfig

_RETRYABLE = {408, 409, 425, 429}
_BUSY = {408, 429, 503, 504, 529}
_PARAMETER_CODES = {"unsupported_value", "unsupported_parameter"}


def error_for_status(
    status: int,
    code: str | None,
    server_message: str,
    headers: Mapping[str, str],
    config: TeacherConfig,
) -> AttemptError:
    """Return the attempt error for a response with an error status.

    Args:
        status: HTTP status, 300 or above.
        code: the ``code`` of an error body in OpenAI's format.
        server_message: the server's error message, shortened.
        headers: response headers with names in lower case.
        config: settings to name in the advice.
    """
    advice = _fatal_message(status, code, server_message, config)
    if advice is not None:
        return AttemptError(advice, ErrorScope.TEACHER, unbilled=True)
    message = f"HTTP {status}: {server_message}"
    if status in _RETRYABLE or status >= 500:
        # Behind a gateway that timed out (504), the model may have answered, which is billed.
        after, busy = retry_after(headers), status in _BUSY
        return AttemptError(message, ErrorScope.ATTEMPT, after, busy=busy, unbilled=status != 504)
    return AttemptError(message, ErrorScope.REQUEST, unbilled=True)


def _fatal_message(
    status: int, code: str | None, message: str, config: TeacherConfig
) -> str | None:
    """Return a message with advice if no request can succeed; None if others may."""
    advice = None
    if status < 400:
        advice = f"redirects (HTTP {status}); set teacher.base_url to the address of the API itself"
    elif status == 401:
        # Without the server's message, because some quote parts of the key.
        advice = (
            "does not accept the key (HTTP 401); put a valid key into the environment variable "
            f"{config.key_variable}"
        )
    elif status == 402 or code == "insufficient_quota":
        advice = f"reports that the account has no credit left (HTTP {status}): {message}"
    elif status == 403 and not any(w in message.lower() for w in ("moderation", "flagged")):
        advice = f"denies access (HTTP 403): {message}; check the key and teacher.model"
    elif status == 404:
        advice = (
            f"does not know the model {config.model!r}, or the address is wrong (HTTP 404): "
            f"{message}; check teacher.model and teacher.base_url (it usually ends in /v1)"
        )
    elif code in _PARAMETER_CODES:
        advice = f"rejects a setting (HTTP {status}): {message}; change it in [teacher]"
    return None if advice is None else f"the teacher at {config.base_url} {advice}"


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds to wait according to ``Retry-After`` (seconds or an HTTP date).

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


def _until(date: str) -> float:
    """Return the seconds until an HTTP date; NaN if it is invalid."""
    try:
        return parsedate_to_datetime(date).timestamp() - time.time()
    except (ValueError, OverflowError):
        return math.nan
