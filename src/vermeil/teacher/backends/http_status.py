"""Conversion of errors that a server reports into attempt errors."""

from __future__ import annotations

import re
from collections.abc import Mapping

from vermeil.teacher.backends.base import AttemptError, ErrorScope, ModelLoadingError
from vermeil.teacher.backends.retry_hint import retry_after
from vermeil.teacher.backends.server_error import ServerError
from vermeil.teacher.config import TeacherConfig

_RETRYABLE = {408, 409, 425, 429}
_BUSY = {408, 429, 503, 504, 529}
_PARAMETER_CODES = {"unsupported_value", "unsupported_parameter"}
_KEY_CODES = {"invalid_api_key", "incorrect_api_key", "api_key_invalid", "authentication_error"}
_ACCOUNT_CODES = {
    "account_deactivated",
    "account_suspended",
    "access_terminated",
    "organization_deactivated",
    "organization_disabled",
    "unsupported_country_region_territory",
}
_CREDIT_CODES = {"insufficient_quota", "insufficient_credits", "billing_not_active"}
_WRONG_KEY = re.compile(r"(?i)\bapi key not valid|\b(invalid|incorrect|expired) api[ _]key")
_NO_CREDIT = re.compile(
    r"(?i)\bcredit balance is too low|\binsufficient (credits?|balance|funds)\b"
)
_LOADING = re.compile(r"(?i)\bloading\b.{0,20}\bmodel|\bmodel\b.{0,40}\b(is )?(still )?loading")
_FILTER_CODES = {
    "content_filter",
    "content_filtered",
    "content_policy_violation",
    "contentpolicyviolationerror",
    "data_inspection_failed",
    "datainspectionfailed",
    "guardrail_intervened",
    "prohibited_content",
    "responsibleaipolicyviolation",
    "sensitive_content",
}
"""Codes of errors with which content filters reject a prompt or a reply."""
_FILTER_MESSAGE = re.compile(
    r"(?i)content[ _]?policy[ _]?violation|content[ _]management[ _]policy|responsible ?ai ?policy"
    r"|content[ _-]filter(ed|ing)?\b"
    r"|(rejected|blocked|flagged)[^.]{0,60}\b(safety|content|guardrail)"
    r"|\bsafety system\b|prohibited[ _]content|inappropriate content"
)
_FILTER_STATUSES = (400, 422, 451)
"""HTTP statuses with which a filter that is known by its message alone rejects a text."""


def was_filtered(error: ServerError, text: str) -> bool:
    """Return whether a content filter rejected the text or the reply.

    Args:
        error: the server's error.
        text: the document's text. Words in it do not count, because the server may quote it.
    """
    if error.status in (401, 402, 404, 429):
        return False
    if error.codes & _FILTER_CODES:
        return True
    return error.status in _FILTER_STATUSES and _is_in(_FILTER_MESSAGE, error, text)


def attempt_error(
    error: ServerError, headers: Mapping[str, str], config: TeacherConfig, text: str = ""
) -> AttemptError:
    """Return the attempt error for an error that a server reports.

    Args:
        error: the error; its message is shortened and does not contain the key.
        headers: response headers with names in lower case.
        config: settings to name in the advice.
        text: the document's text. Words in it do not count, because the server may quote it.
    """
    found = _rejection(error, config, text)
    if found is not None:
        return found
    message = f"{error.label}: {error.message}"
    if error.status in _RETRYABLE or error.status >= 500:
        is_loading = error.status == 503 and _LOADING.search(error.message) is not None
        if is_loading:
            message += (
                "; the server is still loading the model: wait until it is ready, then run the "
                "same command again"
            )
        after = retry_after(headers)
        kind = ModelLoadingError if is_loading else AttemptError
        return kind(
            message,
            ErrorScope.ATTEMPT,
            error.retry_after if after is None else after,
            busy=error.status in _BUSY,
            # Behind a gateway that timed out (504), the model may have answered, which is billed.
            unbilled=error.status != 504 or error.in_success,
        )
    return AttemptError(message, ErrorScope.REQUEST, unbilled=True)


def _rejection(error: ServerError, config: TeacherConfig, text: str) -> AttemptError | None:
    """Return the error if no request may succeed; None if it affects this request only.

    Wrong keys and accounts without credit or access affect every request. Other rejections may
    also be due to one text: a firewall or a content policy rejects it with 403 or 404.
    """
    status, message, scope = error.status, error.message, ErrorScope.SETTINGS
    if status < 400:
        advice = f"redirects ({error.label}); set teacher.base_url to the address of the API itself"
    elif status == 401 or _is_key_error(error, text):
        # Without the server's message, because some quote parts of the key.
        advice = (
            f"does not accept the key ({error.label}); put a valid key into the environment "
            f"variable {config.key_variable}"
        )
        scope = ErrorScope.TEACHER
    elif status == 402 or error.codes & _CREDIT_CODES or _is_in(_NO_CREDIT, error, text):
        advice = f"reports that the account has no credit left ({error.label}): {message}"
        scope = ErrorScope.TEACHER
    elif error.codes & _ACCOUNT_CODES:
        advice = f"denies access to this account ({error.label}): {message}"
        scope = ErrorScope.TEACHER
    elif status == 403 and not any(w in message.lower() for w in ("moderation", "flagged")):
        advice = f"denies access ({error.label}): {message}; check the key and teacher.model"
    elif status in (404, 405, 410):
        advice = (
            f"does not know the model {config.model!r}, or the address is wrong ({error.label}): "
            f"{message}; check teacher.model and teacher.base_url (it usually ends in /v1)"
        )
    elif status == 407:
        advice = f"is behind a proxy that asks for a password ({error.label}): {message}"
    elif error.codes & _PARAMETER_CODES:
        advice = f"rejects a setting ({error.label}): {message}; change it in [teacher]"
    else:
        return None
    advice = f"the teacher at {config.base_url} {advice}"
    shown = advice if scope is ErrorScope.TEACHER else f"{error.label}: {message}"
    return AttemptError(shown, scope, unbilled=True, advice=advice)


def _is_key_error(error: ServerError, text: str) -> bool:
    return bool(error.codes & _KEY_CODES) or _is_in(_WRONG_KEY, error, text)


def _is_in(words: re.Pattern[str], error: ServerError, text: str) -> bool:
    """Return whether a rejection's message contains the words, and not as a quotation."""
    found = words.search(error.message) if error.status < 500 else None
    return found is not None and found.group().lower() not in text.lower()
