"""Bodies of requests: token first, then type, size, time and JSON."""

from __future__ import annotations

import socket
import tracemalloc
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

import pytest
from tests.integration.serving.conftest import Service, Serving

HEAD = b"POST /v1/predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
AUTHORISED = HEAD + b"Authorization: Bearer t\r\n"


@contextmanager
def connected(service: Service, sent: bytes) -> Iterator[socket.socket]:
    """Connect to a service and send bytes; not all of them if the service closes before."""
    host, port = service.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        with suppress(BrokenPipeError, ConnectionResetError):
            connection.sendall(sent)
        yield connection


def response_to(service: Service, sent: bytes) -> bytes:
    """Return everything that the service sends before it closes the connection."""
    with connected(service, sent) as connection:
        return b"".join(iter(lambda: connection.recv(65_536), b""))


def status_of(connection: socket.socket) -> int:
    return int(connection.recv(12).split()[1])


def chunked(*chunks: bytes) -> bytes:
    return b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks)


def test_the_token_is_checked_before_anything_else(serving: Serving) -> None:
    with serving(token="t", max_characters=10) as service:
        for body in (b"{", b"\xff", b" " * 100_000, b""):
            assert service.post(body).status == 401
            assert service.post(body, token="tt").status == 401
            assert service.post(body, token="T").status == 401
        with connected(service, HEAD + b"Content-Length: 100\r\n\r\n{") as waiting:
            assert status_of(waiting) == 401
        expecting = HEAD + b"Content-Length: 100\r\nExpect: 100-continue\r\n\r\n"
        with connected(service, expecting) as waiting:
            assert status_of(waiting) == 401
        assert service.post({"text": "a"}, token="t").status == 200


def test_bodies_without_the_token_are_not_stored(serving: Serving) -> None:
    sent = HEAD + b"Content-Length: 8000000\r\n\r\n" + b"a" * 4_000_000
    with serving(token="t") as service, ExitStack() as stack:
        tracemalloc.start()
        stack.callback(tracemalloc.stop)
        for _ in range(20):
            assert status_of(stack.enter_context(connected(service, sent))) == 401
        assert service.post({"text": "a"}, token="t").status == 200
        _, largest = tracemalloc.get_traced_memory()
    assert largest < 20_000_000, "80 MB were sent"


def test_bodies_in_memory_are_limited_in_total(serving: Serving) -> None:
    limits = {"max_documents": 1, "max_characters": 1_000, "max_buffered": 20_000}
    half = AUTHORISED + b"Content-Length: 9000\r\n\r\n" + b" " * 8_000
    with serving(token="t", **limits) as service:
        with ExitStack() as stack:
            for _ in range(2):
                stack.enter_context(connected(service, half))
            refused = service.post(b" " * 8_000 + b"[]", token="t")
            while refused.status != 429:  # the two bodies are still on their way
                refused = service.post(b" " * 8_000 + b"[]", token="t")
            assert refused.headers["retry-after"] == "1"
            assert service.post({"text": "a"}, token="t").status == 200
        while service.post(b" " * 8_000 + b"[]", token="t").status != 200:
            pass


def test_a_chunked_body_over_the_limit_is_too_large(serving: Serving) -> None:
    with serving(max_documents=1, max_characters=10) as service:
        for end in (b"0\r\n\r\n", b""):
            sent = HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + chunked(*[b" " * 500] * 20) + end
            with connected(service, sent) as connection:
                assert status_of(connection) == 413
        small = HEAD + b"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
        answer = response_to(service, small + chunked(b'{"text"', b': "Bo"}') + b"0\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("body", [b'"Bo sang"', b'["Bo sang"]', b'[{"text": "Bo sang"}]'])
def test_a_plain_text_stands_for_a_document(serving: Serving, body: bytes) -> None:
    with serving() as service:
        answer = service.post(body)
    assert answer.status == 200
    (document,) = answer.body if isinstance(answer.body, list) else [answer.body]
    assert (document["id"], document["text"]) == ("1", "Bo sang")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'{"text": "caf\xe9"}', "not UTF-8 at byte 13"),
        (b'{"text": "\xf0\x9f"}', "not UTF-8"),
        (b"[" * 5_000, "nested too deeply"),
        (b'{"text": ' + b"[" * 5_000 + b"]" * 5_000 + b"}", "nested too deeply"),
        (b'{"text": ' + b'{"a":' * 5_000 + b"1" + b"}" * 5_001, "nested too deeply"),
        (b'{"text": "a", "tokens": [[0, ' + b"7" * 5_000 + b"]]}", "too many digits"),
        (b"-" + b"7" * 5_000, "too many digits"),
        (b'{"text": "a", "tokens": [[0, 1e999]]}', "tokens"),
        (b'{"text": NaN}', "text"),
        (b'{"text": "a"', "not JSON at line 1, column 13"),
        (b"", "Field required"),
        (b"null", "body"),
        (b"7", "body"),
        (b'{"text": "a", "tokens": [' + b"1," * 100_000 + b"1]}", "tokens.0"),
        (b'{"text": "a", "k": 1, "l": 2}', "unknown key 'k'"),
    ],
)
def test_a_body_that_cannot_be_read_is_explained(
    serving: Serving, body: bytes, message: str
) -> None:
    with serving() as service:
        answer = service.post(body)
        described = service.get("/openapi.json").body["paths"]["/v1/predict"]["post"]["responses"]
    assert answer.status == 422
    assert message in answer.body["detail"]
    assert len(answer.body["detail"]) < 5_000
    assert {"401", "408", "413", "415", "422", "429", "503", "504"} <= set(described)


def test_too_many_documents_are_rejected_before_they_are_validated(serving: Serving) -> None:
    with serving(max_documents=3) as service:
        answer = service.post([1, 2, 3, 4])
    assert (answer.status, "expected at most 3" in answer.body["detail"]) == (413, True)


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/json", 200),
        ("Application/JSON; charset=utf-8", 200),
        ("application/problem+json", 200),
        ("text/plain", 415),
        ("text/json", 415),
        ("application/x-www-form-urlencoded", 415),
        ("application/jsonl", 415),
        ("", 415),
    ],
)
def test_only_json_is_accepted(serving: Serving, content_type: str, status: int) -> None:
    with serving() as service:
        answer = service.post({"text": "a"}, content_type=content_type)
    assert answer.status == status
    if status == 415:
        assert "Content-Type: application/json" in answer.body["detail"]


def test_a_body_that_does_not_arrive_times_out(serving: Serving) -> None:
    with serving(read_timeout=0.2) as service:
        answer = response_to(service, HEAD + b"Content-Length: 100\r\n\r\n{")
        assert answer.startswith(b"HTTP/1.1 408")
        assert b"did not arrive within 0.2 s" in answer
        assert b"connection: close" in answer.lower()
        assert service.post({"text": "a"}).status == 200
