"""Errors in the body of a response, in the formats of several servers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from vermeil.teacher.backends.retry_hint import retry_hint

_STATUS_KEYS = ("code", "status", "status_code", "statusCode", "http_status", "error_code")
_NAME_KEYS = ("code", "type", "status", "reason", "error_type", "error_code", "title")
_MESSAGE_KEYS = ("message", "msg", "detail", "error_description", "error_msg", "title")
_ERROR_FINISH = re.compile(
    r"(?i)(?:finish_reason_)?(?:error|failed|failure|abort|aborted|cancelled|canceled|network_error"
    r"|insufficient_system_resource|internal_error|upstream_error|server_error)"
)
"""Finish reasons of a reply that the server could not complete."""
_STATUS_OF_NAME = {
    "authentication_error": 401,
    "invalid_api_key": 401,
    "unauthenticated": 401,
    "unauthorized": 401,
    "insufficient_quota": 402,
    "insufficient_credits": 402,
    "billing_error": 402,
    "payment_required": 402,
    "permission_error": 403,
    "permission_denied": 403,
    "forbidden": 403,
    "not_found": 404,
    "not_found_error": 404,
    "model_not_found": 404,
    "rate_limit_error": 429,
    "rate_limit_exceeded": 429,
    "resource_exhausted": 429,
    "too_many_requests": 429,
    "overloaded_error": 529,
    "unavailable": 503,
    "deadline_exceeded": 504,
    "timeout_error": 504,
    "invalid_request_error": 400,
    "invalid_argument": 400,
    "badrequesterror": 400,
    "context_length_exceeded": 400,
    "content_filter": 400,
    "content_policy_violation": 400,
}
"""HTTP status that an error's code or type means."""
_STATUS_OF_MESSAGE = (
    (401, re.compile(r"(?i)\bauth(entication)? credentials|\b(invalid|incorrect) (api )?key\b"
                     r"|api key not valid|\bunauthori[sz]ed\b|authentication (failed|error)")),
    (402, re.compile(r"(?i)\binsufficient (credits?|balance|quota|funds)|\bno credits? left")),
    (429, re.compile(r"(?i)\brate.?limit|\btoo many requests|\bquota exceeded")),
    (503, re.compile(r"(?i)\boverloaded\b|\btemporarily unavailable|\bno (available )?capacity")),
)  # fmt: skip
"""HTTP status that an error message means if the error has neither status nor code."""
_DEFAULT_STATUS, _GENERAL_STATUS = 502, 400
_MAX_VALUES = 200
"""Maximum number of values of a body that are searched for codes."""


@dataclass(frozen=True, slots=True)
class ServerError:
    """Error that a server reports.

    Args:
        status: HTTP status of the response, or the status that its body names.
        message: the server's explanation; empty if there is none.
        codes: codes, types and reasons in the body, in lower case.
        retry_after: seconds that the body requests to wait.
        in_success: whether the response itself has the status 200.
    """

    status: int
    message: str
    codes: frozenset[str] = frozenset()
    retry_after: float | None = None
    in_success: bool = False

    @property
    def label(self) -> str:
        """The status in words."""
        return f"error {self.status} in a response with HTTP 200" if self.in_success else (
            f"HTTP {self.status}"
        )  # fmt: skip


def error_of_status(status: int, body: bytes) -> ServerError:
    """Return the error of a response with an error status.

    Args:
        status: HTTP status of the response.
        body: its body, in any format.
    """
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return ServerError(status, body[:4000].decode(errors="replace"))
    if isinstance(value, list) and value:
        value = value[0]
    if not isinstance(value, dict):
        return ServerError(status, body[:4000].decode(errors="replace"))
    found = _describe(value.get("error") or value, value)
    message = found.message or body[:4000].decode(errors="replace")
    return replace(found, status=status, message=message)


def error_in_success(answer: Any, text: str = "") -> ServerError | None:
    """Return the error in the decoded body of a response with HTTP 200; None if there is none.

    Gateways report errors of the servers behind them in this way: as ``error`` with or without
    ``choices``, as an error of the first choice, or as its finish reason.

    Args:
        answer: the decoded body.
        text: the document's text. Words in it do not count, because the server may quote it.
    """
    if isinstance(answer, list):
        answer = answer[0] if len(answer) == 1 else None
    if not isinstance(answer, dict):
        return None
    error = _reported_error(answer)
    if error:
        return replace(_describe(error, answer, text), in_success=True)
    reason = _first_choice(answer).get("finish_reason")
    if isinstance(reason, str) and _ERROR_FINISH.fullmatch(reason):
        message = f"the server ended the reply with the reason {reason!r}"
        return ServerError(_DEFAULT_STATUS, message, in_success=True)
    return None


def _reported_error(answer: dict[str, Any]) -> Any:
    """Return the error that a body with HTTP 200 holds; a false value if it holds none."""
    for error in (answer.get("error"), _first_choice(answer).get("error")):
        if error and error != "none":
            return error
    if "choices" in answer or "content" in answer:
        return None
    errors = answer.get("errors")
    if isinstance(errors, list) and errors:
        return errors[0]
    is_error = answer.get("object") == "error" or answer.get("type") == "error"
    has_message = any(answer.get(key) for key in ("message", "msg", "detail"))
    return answer if is_error or has_message else None


def _first_choice(answer: dict[str, Any]) -> dict[str, Any]:
    choices = answer.get("choices")
    first = choices[0] if isinstance(choices, list) and choices else None
    return first if isinstance(first, dict) else {}


def _describe(error: Any, outer: Mapping[str, Any], text: str = "") -> ServerError:
    """Return status, message and codes of an error object or text."""
    if not isinstance(error, dict):
        error = {"message": error}
    message = next((_text(error[key]) for key in _MESSAGE_KEYS if error.get(key)), "")
    codes = frozenset(_codes(error)) | frozenset(_codes({k: outer.get(k) for k in _NAME_KEYS}))
    candidates = [where.get(key) for where in (error, outer) for key in _STATUS_KEYS]
    status = next((found for value in candidates if (found := _status(value))), None)
    if status is None:
        found_statuses = {_STATUS_OF_NAME[code] for code in codes & _STATUS_OF_NAME.keys()}
        # 400 is the most general one: a more specific code beside it is more informative.
        status = min(found_statuses, key=lambda one: (one == _GENERAL_STATUS, one), default=None)
    if status is None:
        matches = ((s, pattern.search(message)) for s, pattern in _STATUS_OF_MESSAGE)
        quoted = text.lower()
        status = next((s for s, m in matches if m and m.group().lower() not in quoted), None)
    return ServerError(
        _DEFAULT_STATUS if status is None else status, message, codes, retry_hint(error, message)
    )


def _status(value: Any) -> int | None:
    """Return an HTTP error status given as a number or as digits."""
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) == 3:
        value = int(value)
    is_status = isinstance(value, int) and not isinstance(value, bool) and 300 <= value < 600
    return value if is_status else None


def _codes(value: Any) -> Iterator[str]:
    stack, left = [value], _MAX_VALUES
    while stack and left:
        value, left = stack.pop(), left - 1
        if isinstance(value, list):
            stack.extend(value[:20])
        elif isinstance(value, dict):
            stack.extend(inner for inner in value.values() if isinstance(inner, dict | list))
            yield from (value[key].lower() for key in _NAME_KEYS if isinstance(value.get(key), str))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
