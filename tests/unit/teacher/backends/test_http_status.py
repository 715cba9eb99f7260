"""Attempt errors for HTTP statuses, and Retry-After."""

from __future__ import annotations

import time
from email.utils import formatdate

import pytest

from vermeil.teacher.backends.base import ErrorScope
from vermeil.teacher.backends.http_status import error_for_status, retry_after
from vermeil.teacher.config import TeacherConfig


@pytest.mark.parametrize(
    ("status", "code", "message", "scope"),
    [
        (408, None, "", ErrorScope.ATTEMPT),
        (429, "rate_limit_exceeded", "", ErrorScope.ATTEMPT),
        (500, None, "", ErrorScope.ATTEMPT),
        (503, "model_not_found", "", ErrorScope.ATTEMPT),
        (400, "context_length_exceeded", "", ErrorScope.REQUEST),
        (403, None, "Your input was flagged", ErrorScope.REQUEST),
        (422, "reply_not_recorded", "", ErrorScope.REQUEST),
        (302, None, "", ErrorScope.TEACHER),
        (401, None, "", ErrorScope.TEACHER),
        (403, None, "no access", ErrorScope.TEACHER),
        (404, None, "", ErrorScope.TEACHER),
        (429, "insufficient_quota", "", ErrorScope.TEACHER),
        (400, "unsupported_parameter", "", ErrorScope.TEACHER),
    ],
)
def test_scope_of_a_status(status, code, message, scope):
    assert error_for_status(status, code, message, {}, TeacherConfig()).scope is scope


def test_a_message_about_a_wrong_key_is_not_repeated():
    fault = error_for_status(401, None, "wrong key: sk-1***9", {}, TeacherConfig())
    assert "sk-1" not in str(fault)


@pytest.mark.parametrize(
    ("value", "seconds"), [("0", 0), ("2", 2), ("0.5", 0.5), ("-3", 0), ("soon", None), ("", None)]
)
def test_retry_after_in_seconds(value, seconds):
    assert retry_after({"retry-after": value}) == seconds


@pytest.mark.parametrize("value", ["nan", "inf", "-inf"])
def test_an_invalid_or_infinite_retry_after_gives_none(value):
    assert retry_after({"retry-after": value}) is None


def test_retry_after_as_a_date():
    wait = retry_after({"retry-after": formatdate(time.time() + 1000, usegmt=True)})
    assert wait is not None
    assert 0 < wait <= 1000
    assert retry_after({"retry-after": "Mon, 01 Jan 2024 00:00:00 GMT"}) == 0
    assert retry_after({}) is None
