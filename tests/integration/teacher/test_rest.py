"""The rare calls of an OpenAI-compatible server, over real sockets and against hostile servers."""

from __future__ import annotations

import io
import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from vermeil.errors import TeacherError
from vermeil.teacher.backends.base import AttemptError, ErrorScope
from vermeil.teacher.backends.openai.rest import RestClient, RestStatusError
from vermeil.teacher.backends.registry import list_models
from vermeil.teacher.config import TeacherConfig

KEY = "sk-secret-0123456789"


@contextmanager
def server(*replies: bytes) -> Iterator[tuple[str, list[bytes]]]:
    """Answer one connection with each reply; give the address and the requests that came."""
    seen: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(20)

        def work() -> None:
            for reply in replies:
                connection, _ = listener.accept()
                with connection:
                    seen.append(_read_request(connection))
                    connection.sendall(reply)

        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/v1", seen
        thread.join(20)


def _read_request(connection: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        data += connection.recv(65536)
    head, _, body = data.partition(b"\r\n\r\n")
    sizes = [
        line.split(b":")[1]
        for line in head.split(b"\r\n")
        if line.lower().startswith(b"content-length")
    ]
    while len(body) < int(sizes[0] if sizes else 0):
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


def response(
    body: bytes, status: str = "200 OK", *headers: str, length: int | None = None
) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body) if length is None else length}"]
    return "\r\n".join([*lines, *headers, "", ""]).encode() + body


def client_of(url: str, timeout: float = 5, **settings: Any) -> RestClient:
    return RestClient(TeacherConfig(base_url=url, model="m", **settings), timeout)


def error_of(call: Callable[[], object], client: RestClient) -> AttemptError:
    with pytest.raises(client.error_types) as raised:
        call()
    return client.convert_error(raised.value)


def test_a_file_is_uploaded_with_its_exact_bytes() -> None:
    content = "Zürich\u2028–\r\n--x\n".encode() * 20_000
    with server(response(b'{"id": "file-1"}')) as (url, seen):
        file = io.BytesIO(b"skipped" + content)
        file.seek(7)
        answer = client_of(url).upload("/files", {"purpose": "batch"}, "a.jsonl", file, "x/y")
    assert answer == {"id": "file-1"}
    head, _, body = seen[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /v1/files HTTP/1.1")
    assert b'name="purpose"\r\n\r\nbatch\r\n' in body
    assert body.split(b"Content-Type: x/y\r\n\r\n", 1)[1].rsplit(b"\r\n--", 1)[0] == content


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(response(b"half", length=100), id="short of its length"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n64\r\nmore",
            id="in the middle of a chunk",
        ),
    ],
)
def test_a_download_that_ends_too_early_is_an_error(reply: bytes) -> None:
    received: list[bytes] = []
    with server(reply) as (url, _):
        client = client_of(url)
        error = error_of(lambda: received.extend(client.download("/files/f/content")), client)
    assert b"".join(received).startswith(b"half")
    assert error.scope is ErrorScope.ATTEMPT
    assert "the connection broke" in str(error)


def test_a_whole_download_arrives() -> None:
    content = bytes(range(256)) * 1000
    with server(response(content)) as (url, _):
        assert b"".join(client_of(url).download("/files/f/content")) == content


def test_a_redirect_is_not_followed() -> None:
    with server(response(b"", "302 Found", "Location: http://127.0.0.1:9/v1/models")) as (
        url,
        seen,
    ):
        client = client_of(url)
        error = error_of(lambda: client.get("/models"), client)
    assert len(seen) == 1
    assert error.scope is ErrorScope.SETTINGS
    assert "redirects (HTTP 302)" in error.advice


def test_a_proxy_of_the_environment_is_not_used_for_this_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    with server(response(b'{"data": []}')) as (url, _):
        assert client_of(url).get("/models") == {"data": []}


def test_a_proxy_of_the_environment_is_used_for_another_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.delenv("no_proxy", raising=False)
    with server(response(b'{"data": []}')) as (url, seen):
        monkeypatch.setenv("http_proxy", url.removesuffix("/v1"))
        client = client_of("http://teacher.invalid/v1", allow_remote=True)
        assert client.get("/models") == {"data": []}
    assert seen[0].startswith(b"GET http://teacher.invalid/v1/models HTTP/1.1")


@pytest.mark.parametrize(
    ("settings", "header"),
    [
        ({}, f"authorization: bearer {KEY}"),
        ({"azure_api_version": "2024-10-21"}, f"api-key: {KEY}"),
    ],
)
def test_the_key_is_sent_as_the_api_expects_it(
    settings: dict[str, Any], header: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with server(response(b'{"data": []}')) as (url, seen):
        client_of(url, **settings).get("/models", {"limit": 3})
    assert header in seen[0].decode().lower()
    version = "api-version=2024-10-21&" if settings else ""
    assert f"GET /v1/models?{version}limit=3 ".encode() in seen[0]


def test_the_key_is_in_no_message(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    body = json.dumps({"error": {"message": f"no quota for {KEY}", "code": "slow"}}).encode()
    with server(response(body, "429 Too Many Requests", "Retry-After: 7")) as (url, _):
        client = client_of(url)
        error = error_of(lambda: client.post("/batches", {}), client)
    assert str(error) == "HTTP 429: no quota for [key]"
    assert (error.retry_after, error.busy) == (7.0, True)


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[1]", b'"x"', b'{"error": "x"}', b'{"error": {"message": null}}']
)
def test_every_error_body_makes_a_message(body: bytes) -> None:
    with server(response(body, "500 Internal Server Error")) as (url, _):
        client = client_of(url)
        error = error_of(lambda: client.get("/models"), client)
    assert str(error).startswith("HTTP 500: ")
    assert len(str(error)) > len("HTTP 500: ")


def test_a_port_without_a_server_is_unreachable_and_unbilled() -> None:
    client = client_of("http://127.0.0.1:9/v1")
    error = error_of(lambda: client.post("/batches", {}), client)
    assert (error.scope, error.unbilled) == (ErrorScope.UNREACHABLE, True)


def test_a_connection_that_ends_without_a_response_may_have_been_billed() -> None:
    with server(b"") as (url, _):
        client = client_of(url)
        error = error_of(lambda: client.post("/batches", {}), client)
    assert (error.scope, error.unbilled) == (ErrorScope.ATTEMPT, False)


def test_a_silent_server_is_given_up_after_the_timeout() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = client_of(f"http://127.0.0.1:{listener.getsockname()[1]}/v1", timeout=0.2)
        error = error_of(lambda: client.get("/models"), client)
    assert str(error) == "no reply within 0.2 s"
    assert error.busy


def test_status_404_is_recognised() -> None:
    with server(response(b"{}", "404 Not Found")) as (url, _):
        client = client_of(url)
        with pytest.raises(RestStatusError) as raised:
            client.get("/batches/x")
    assert client.is_not_found(raised.value)
    assert not client.is_not_found(TimeoutError())


@pytest.mark.parametrize(
    ("reply", "models"),
    [
        (response(b'{"data": [{"id": "a"}, {"id": "b"}]}'), ("a", "b")),
        (response(b"<html>hello</html>"), None),
        (response(b'["a"]'), None),
        (response(b"", "404 Not Found"), None),
        (response(b"", "405 Method Not Allowed"), None),
    ],
)
def test_models_of_servers_that_list_them_or_not(
    reply: bytes, models: tuple[str, ...] | None
) -> None:
    with server(reply) as (url, _):
        assert list_models(TeacherConfig(base_url=url, model="m")) == models


LOADING = response(b'{"error": {"code": 503, "message": "Loading model"}}', "503 Unavailable")


def test_list_of_models_waits_while_the_model_is_loaded() -> None:
    with server(LOADING, LOADING, response(b'{"data": [{"id": "a"}]}')) as (url, seen):
        assert list_models(TeacherConfig(base_url=url, model="m")) == ("a",)
    assert len(seen) == 3


def test_wait_for_a_model_is_limited() -> None:
    with (
        server(LOADING, LOADING) as (url, seen),
        pytest.raises(TeacherError, match="still loading the model: wait"),
    ):
        list_models(TeacherConfig(base_url=url, model="m", timeout=0.2))
    assert len(seen) == 2


def test_a_key_that_is_not_accepted_is_an_error_of_the_teacher() -> None:
    with (
        server(response(b"{}", "401 Unauthorized")) as (url, _),
        pytest.raises(TeacherError, match="does not accept the key"),
    ):
        list_models(TeacherConfig(base_url=url, model="m"))
