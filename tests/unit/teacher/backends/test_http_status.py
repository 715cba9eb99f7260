"""What a status and its headers mean."""

from __future__ import annotations

import time
from email.utils import formatdate

import pytest

from vermeil.teacher.backends.base import Scope
from vermeil.teacher.backends.http_status import fault_of_status, retry_after
from vermeil.teacher.config import TeacherConfig


@pytest.mark.parametrize(
    ("status", "code", "said", "scope"),
    [
        (408, None, "", Scope.ATTEMPT),
        (429, "rate_limit_exceeded", "", Scope.ATTEMPT),
        (500, None, "", Scope.ATTEMPT),
        (503, "model_not_found", "", Scope.ATTEMPT),
        (400, "context_length_exceeded", "", Scope.REQUEST),
        (403, None, "Your input was flagged", Scope.REQUEST),
        (422, "reply_not_recorded", "", Scope.REQUEST),
        (302, None, "", Scope.TEACHER),
        (401, None, "", Scope.TEACHER),
        (403, None, "no access", Scope.TEACHER),
        (404, None, "", Scope.TEACHER),
        (429, "insufficient_quota", "", Scope.TEACHER),
        (400, "unsupported_parameter", "", Scope.TEACHER),
    ],
)
def test_scope_of_a_status(status, code, said, scope):
    assert fault_of_status(status, code, said, {}, TeacherConfig()).scope is scope


def test_words_about_a_wrong_key_are_not_repeated():
    fault = fault_of_status(401, None, "wrong key: sk-1***9", {}, TeacherConfig())
    assert "sk-1" not in str(fault)


@pytest.mark.parametrize(
    ("value", "seconds"), [("0", 0), ("2", 2), ("0.5", 0.5), ("-3", 0), ("soon", None), ("", None)]
)
def test_retry_after_in_seconds(value, seconds):
    assert retry_after({"retry-after": value}) == seconds


@pytest.mark.parametrize("value", ["nan", "inf", "-inf"])
def test_retry_after_that_is_no_finite_number_says_nothing(value):
    assert retry_after({"retry-after": value}) is None


def test_retry_after_as_a_date():
    wait = retry_after({"retry-after": formatdate(time.time() + 1000, usegmt=True)})
    assert wait is not None
    assert 0 < wait <= 1000
    assert retry_after({"retry-after": "Mon, 01 Jan 2024 00:00:00 GMT"}) == 0
    assert retry_after({}) is None
