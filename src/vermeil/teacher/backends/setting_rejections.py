"""Rejections of a setting that a server explains in words only, with advice on the setting."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from vermeil.data.reply import Reply, Usage
from vermeil.teacher.backends.base import AttemptError, ErrorScope
from vermeil.teacher.backends.error_patterns import is_rejection_of
from vermeil.teacher.backends.http_status import attempt_error, was_filtered
from vermeil.teacher.backends.server_error import ServerError
from vermeil.teacher.backends.structured_output import schema_rejection_advice
from vermeil.teacher.config import TeacherConfig

_REJECTED = (400, 415, 422, 500, 501)
_SYSTEM_ROLE = re.compile(
    r"(?i)system[ '\"`]{1,3}(role|message|prompt|instruction)s?\b[^.]{0,40}\b(not|n't|un)"
    r"[ -]?(be )?(support|enabl|allow|accept)"
    r"|(not|n't|un)[ -]?(support|accept|allow)\w*[^.]{0,30}"
    r"\bsystem[ '\"`]{1,3}(role|message|prompt)"
    r"|roles? must alternate"
    r"|only[^.]{0,20}\buser\b[^.]{0,20}\bassistant\b[^.]{0,10}\broles?\b"
    r"|developer instruction is not enabled"
    r"|\brole\b[^.]{0,10}\bsystem\b[^.]{0,30}\b(not|invalid|unsupported|unknown|unexpected)"
    r"|(unsupported|invalid|unknown|unexpected)[^.]{0,20}\brole\b[^.]{0,10}\bsystem\b"
)
"""Messages of servers and chat templates that accept no message with the role ``system``."""


Advise = Callable[[int, str, str, TeacherConfig], str | None]
"""Function from status, server's message, text and settings to advice; None: another cause."""


@dataclass(frozen=True, slots=True)
class ErrorResponse:
    """A response with an error.

    Args:
        error: the server's error, with its whole message.
        headers: response headers with names in lower case.
        usage: tokens that the server counted; None: not reported.
    """

    error: ServerError
    headers: Mapping[str, str]
    usage: Usage | None = None


def reply_or_raise(
    response: ErrorResponse,
    text: str,
    config: TeacherConfig,
    redact: Callable[[object], str],
    *more: Advise,
) -> Reply:
    """Return the reply that a content filter withheld; raise any other error.

    Args:
        response: the response with the error.
        text: the document's text. Words in it do not count, because the server may quote it.
        config: settings of the request.
        redact: returns a message on one line, shortened and without the key.
        *more: as for `setting_rejection`.

    Raises:
        AttemptError: the error is no rejection by a content filter.
    """
    if was_filtered(response.error, text):
        return Reply("", "content_filter", response.usage or Usage())
    message = redact(response.error.message) or "no explanation"
    error = replace(response.error, message=message)
    fault = setting_rejection(error, text, config, *more)
    fault = fault or attempt_error(error, response.headers, config, text)
    fault.usage = response.usage
    raise fault


def setting_rejection(
    error: ServerError, text: str, config: TeacherConfig, *more: Advise
) -> AttemptError | None:
    """Return the error if the server rejected a setting rather than the text; else None.

    Args:
        error: the server's error.
        text: the document's text. Words in it do not count, because the server may quote it.
        config: settings of the request.
        *more: functions that recognise rejections of settings of one backend only.
    """
    functions = (_schema_advice, *more, _system_role_advice, _temperature_advice)
    found = (advise(error.status, error.message, text, config) for advise in functions)
    advice = next((one for one in found if one is not None), None)
    if advice is None:
        return None
    message = f"{error.label}: {error.message}"
    return AttemptError(message, ErrorScope.SETTINGS, unbilled=True, advice=advice)


def _schema_advice(status: int, message: str, text: str, config: TeacherConfig) -> str | None:
    if config.structured == "off":
        return None
    return schema_rejection_advice(status, message, text, config)


def _system_role_advice(status: int, message: str, text: str, config: TeacherConfig) -> str | None:
    found = _SYSTEM_ROLE.search(message)
    if found is None or found.group().lower() in text.lower():
        return None
    if not config.system_role or status not in _REJECTED:
        return None
    return (
        f"the teacher at {config.base_url} accepts no system message (HTTP {status}): {message}; "
        "set teacher.system_role = false, so that the instruction becomes part of the user's "
        "message"
    )


def _temperature_advice(status: int, message: str, text: str, config: TeacherConfig) -> str | None:
    if config.temperature is None:
        return None
    if not is_rejection_of(("temperature",), status, message, text, (400, 422)):
        return None
    return (
        f"the teacher at {config.base_url} accepts no temperature, or only its default, for this "
        f'model (HTTP {status}): {message}; set teacher.temperature = "none"'
    )
