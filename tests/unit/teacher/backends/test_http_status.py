"""Attempt errors for HTTP statuses, and Retry-After."""

from __future__ import annotations

import time
from email.utils import formatdate
from typing import Any

import pytest

from vermeil.teacher.backends.base import ErrorScope
from vermeil.teacher.backends.http_status import attempt_error, was_filtered
from vermeil.teacher.backends.retry_hint import retry_after, retry_hint
from vermeil.teacher.backends.server_error import ServerError
from vermeil.teacher.config import TeacherConfig


def error(status: int, message: str = "", *codes: str) -> ServerError:
    return ServerError(status, message, frozenset(codes))


@pytest.mark.parametrize(
    ("status", "code", "message", "scope"),
    [
        (408, "", "", ErrorScope.ATTEMPT),
        (429, "rate_limit_exceeded", "", ErrorScope.ATTEMPT),
        (500, "", "", ErrorScope.ATTEMPT),
        (503, "model_not_found", "", ErrorScope.ATTEMPT),
        (400, "context_length_exceeded", "", ErrorScope.REQUEST),
        (403, "", "Your input was flagged", ErrorScope.REQUEST),
        (413, "", "too large", ErrorScope.REQUEST),
        (422, "reply_not_recorded", "", ErrorScope.REQUEST),
        (302, "", "", ErrorScope.SETTINGS),
        (403, "", "no access", ErrorScope.SETTINGS),
        (403, "permission_error", "no access", ErrorScope.SETTINGS),
        (404, "", "", ErrorScope.SETTINGS),
        (410, "", "gone", ErrorScope.SETTINGS),
        (400, "unsupported_parameter", "", ErrorScope.SETTINGS),
        (401, "", "", ErrorScope.TEACHER),
        (403, "invalid_api_key", "", ErrorScope.TEACHER),
        (400, "", "API key not valid. Please pass a valid API key.", ErrorScope.TEACHER),
        (400, "", "Your credit balance is too low", ErrorScope.TEACHER),
        (402, "", "pay", ErrorScope.TEACHER),
        (403, "account_deactivated", "", ErrorScope.TEACHER),
        (429, "insufficient_quota", "", ErrorScope.TEACHER),
    ],
)
def test_scope_of_a_status(status: int, code: str, message: str, scope: ErrorScope) -> None:
    assert attempt_error(error(status, message, code), {}, TeacherConfig()).scope is scope


@pytest.mark.parametrize("words", ["API key not valid", "credit balance is too low"])
def test_words_of_the_document_decide_nothing(words: str) -> None:
    text = f"He wrote: {words}, and left."
    fault = attempt_error(error(400, f"cannot read {words!r}"), {}, TeacherConfig(), text)
    assert fault.scope is ErrorScope.REQUEST
    quoted = error(400, f"cannot read {words!r}, content filter")
    assert was_filtered(quoted, text)
    assert not was_filtered(quoted, f"{text} content filter")


def test_a_message_about_a_wrong_key_is_not_repeated() -> None:
    fault = attempt_error(error(401, "wrong key: sk-1***9"), {}, TeacherConfig())
    assert "sk-1" not in str(fault)
    assert "sk-1" not in fault.advice


def test_a_model_that_is_being_loaded_is_explained() -> None:
    fault = attempt_error(error(503, "Loading model"), {}, TeacherConfig())
    assert "wait until it is ready" in str(fault)
    assert fault.busy


@pytest.mark.parametrize(
    ("body", "message", "seconds"),
    [
        ({"metadata": {"retry_after": 12}}, "", 12),
        ({"details": [{"@type": "x"}, {"retryDelay": "21.5s"}]}, "", 21.5),
        ({"retry-after-ms": "1500"}, "", 1.5),
        ({}, "Rate limit reached. Please try again in 1.2s.", 1.2),
        ({}, "Please retry after 2 minutes", 120),
        ({}, "Please try again in 350ms", 0.35),
        ({"retry_after": "soon", "retry_after_ms": True}, "try again later", None),
        ({"retry_after": float("nan")}, "", None),
        ("Rate limit", "", None),
    ],
)
def test_delay_in_the_body_of_an_error(
    body: dict[str, Any] | str, message: str, seconds: float | None
) -> None:
    assert retry_hint(body, message) == pytest.approx(seconds)


def test_time_in_the_body_of_an_error() -> None:
    reset = {"metadata": {"headers": {"X-RateLimit-Reset": str(round((time.time() + 90) * 1000))}}}
    assert retry_hint(reset, "") == pytest.approx(90, abs=5)


@pytest.mark.parametrize(
    ("value", "seconds"), [("0", 0), ("2", 2), ("0.5", 0.5), ("-3", 0), ("soon", None), ("", None)]
)
def test_retry_after_in_seconds(value: str, seconds: float | None) -> None:
    assert retry_after({"retry-after": value}) == seconds


@pytest.mark.parametrize("value", ["nan", "inf", "-inf"])
def test_an_invalid_or_infinite_retry_after_gives_none(value: str) -> None:
    assert retry_after({"retry-after": value}) is None


def test_retry_after_as_a_date() -> None:
    wait = retry_after({"retry-after": formatdate(time.time() + 1000, usegmt=True)})
    assert wait is not None
    assert 0 < wait <= 1000
    assert retry_after({"retry-after": "Mon, 01 Jan 2024 00:00:00 GMT"}) == 0
    assert retry_after({}) is None
