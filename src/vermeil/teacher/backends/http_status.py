"""What an HTTP status means for asking on."""

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
    """Return the fault that a response with an error status stands for.

    Args:
        status: HTTP status, 300 or above.
        code: the ``code`` of an error body in OpenAI's shape.
        said: the server's own words, shortened.
        headers: response headers, looked up in lower case.
        config: for advice that names the settings.
    """
    advice = _fatal_message(status, code, server_message, config)
    if advice is not None:
        return AttemptError(advice, ErrorScope.TEACHER, unbilled=True)
    message = f"HTTP {status}: {server_message}"
    if status in _RETRYABLE or status >= 500:
        # Behind a gateway that gave up (504) somebody may have answered, and have it paid.
        after, busy = retry_after(headers), status in _BUSY
        return AttemptError(message, ErrorScope.ATTEMPT, after, busy=busy, unbilled=status != 504)
    return AttemptError(message, ErrorScope.REQUEST, unbilled=True)


def _fatal_message(status: int, code: str | None, said: str, config: TeacherConfig) -> str | None:
    """Say what to do where no request can succeed; None where others may."""
    advice = None
    if status < 400:
        advice = f"sends us elsewhere (HTTP {status}); set teacher.base_url to its own address"
    elif status == 401:
        # The server's words are left out: some quote parts of the key.
        advice = (
            "does not accept the key (HTTP 401); put a valid one into the environment variable "
            f"{config.key_variable}"
        )
    elif status == 402 or code == "insufficient_quota":
        advice = f"says that the account has no credit left (HTTP {status}): {said}"
    elif status == 403 and "moderation" not in said.lower() and "flagged" not in said.lower():
        advice = f"denies access (HTTP 403): {said}; check the key and teacher.model"
    elif status == 404:
        advice = (
            f"does not know the model {config.model!r}, or the address is wrong (HTTP 404): "
            f"{said}; check teacher.model and teacher.base_url (it mostly ends in /v1)"
        )
    elif code in _PARAMETER_CODES:
        advice = f"rejects a setting (HTTP {status}): {said}; change it under [teacher]"
    return None if advice is None else f"the teacher at {config.base_url} {advice}"


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return how many seconds to wait by ``Retry-After`` (seconds or an HTTP date).

    ``retry-after-ms``, which OpenAI and Azure add, is finer and goes first.
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
    """Return the seconds until an HTTP date; not a number where it is none."""
    try:
        return parsedate_to_datetime(date).timestamp() - time.time()
    except (ValueError, OverflowError):
        return math.nan
