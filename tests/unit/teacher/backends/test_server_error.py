"""Errors in response bodies, in the formats of several servers."""

from __future__ import annotations

import json
from typing import Any

import pytest

from vermeil.teacher.backends.server_error import error_in_success, error_of_status


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        ({"error": {"message": "busy", "code": 429}}, 429, "busy"),
        ({"error": {"message": "busy", "code": "429"}, "choices": None}, 429, "busy"),
        ({"error": {"message": "x", "code": 12345}}, 502, "x"),
        ({"error": {"message": "x", "code": True}}, 502, "x"),
        ({"error": {"message": "x", "type": "invalid_request_error", "code": "model_not_found"}},
         404, "x"),
        ({"type": "error", "error": {"type": "overloaded_error", "message": "x"}}, 529, "x"),
        ({"object": "error", "message": "no", "code": 400}, 400, "no"),
        ({"error": "Unauthorized"}, 401, "Unauthorized"),
        ({"success": False, "errors": [{"code": 1, "message": "rate limited"}]}, 429,
         "rate limited"),
        ({"detail": [{"loc": ["body"], "msg": "x"}]}, 502, '[{"loc": ["body"], "msg": "x"}]'),
        ({"statusCode": 503, "message": "later"}, 503, "later"),
        ([{"error": {"code": 400, "status": "INVALID_ARGUMENT", "message": "x"}}], 400, "x"),
        ({"error": {"status": "RESOURCE_EXHAUSTED"}}, 429, ""),
    ],
)  # fmt: skip
def test_error_with_http_200(
    body: dict[str, Any] | list[dict[str, dict[str, int | str]]], status: int, message: str
) -> None:
    found = error_in_success(body)
    assert found is not None
    assert (found.status, found.message, found.in_success) == (status, message, True)
    assert f"error {status}" in found.label


@pytest.mark.parametrize(
    "body",
    [
        {"choices": [{"message": {"content": "x"}, "finish_reason": "stop"}], "error": None},
        {"choices": [{"message": {"content": "x"}, "finish_reason": "errors were found"}]},
        {"choices": [{"message": {"content": "x"}}], "error": {}, "message": "a note"},
        {"type": "message", "content": [{"type": "text", "text": "x"}]},
        {"choices": [7]},
        {"choices": {}},
        [],
        [{}, {}],
        "text",
        None,
        {},
    ],
)
def test_no_error_with_http_200(body: dict[str, Any] | list[dict[str, Any]] | str | None) -> None:
    assert error_in_success(body) is None


@pytest.mark.parametrize(
    ("body", "message", "codes"),
    [
        (b'{"error": {"message": "no", "code": "Content_Filter"}}', "no", {"content_filter"}),
        (b'{"error": {"message": "no", "innererror": {"code": "Deep"}}}', "no", {"deep"}),
        (b'{"detail": "Not Found"}', "Not Found", set()),
        (b"<html>blocked</html>", "<html>blocked</html>", set()),
        (b'{"unknown": 1}', '{"unknown": 1}', set()),
        (b"\xff\xfe", "\ufffd\ufffd", set()),
        (b"", "", set()),
        (b"[" * 100_000, "[" * 4000, set()),
    ],
)
def test_error_of_a_status(body: bytes, message: str, codes: Any) -> None:
    found = error_of_status(418, body)
    assert (found.status, found.message, set(found.codes)) == (418, message, codes)
    assert found.label == "HTTP 418"


def test_deep_bodies_end() -> None:
    deep: object = {"code": "deep"}
    for _ in range(500):
        deep = {"error": deep}
    found = error_in_success(deep)
    assert found is not None
    wide = {"error": {"message": "x", "list": [{"code": str(i)} for i in range(10_000)]}}
    assert error_of_status(400, json.dumps(wide).encode()).message == "x"
