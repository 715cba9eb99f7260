"""Synchronous calls of an OpenAI-compatible server: list of models, files and batches.

These calls are rare, so the standard library is enough. The many chat requests use aiohttp
(`vermeil.teacher.backends.openai.online`).
"""

from __future__ import annotations

import http.client
import json
import os
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from email.message import Message
from typing import IO, Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import (
    HTTPHandler,
    HTTPRedirectHandler,
    HTTPSHandler,
    OpenerDirector,
    ProxyHandler,
    Request,
    build_opener,
)

from vermeil.teacher.address import api_key, host_of, is_loopback
from vermeil.teacher.backends.base import AttemptError, ErrorScope
from vermeil.teacher.backends.http_status import attempt_error
from vermeil.teacher.backends.response_body import clean_message
from vermeil.teacher.backends.server_error import error_of_status
from vermeil.teacher.config import TeacherConfig

_CHUNK = 1 << 16
"""Bytes of a file that are sent or received at a time."""


class RestStatusError(Exception):
    """A response with an error status.

    Args:
        status: HTTP status, 300 or above.
        headers: response headers with names in lower case.
        body: start of the response body.
    """

    def __init__(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self.status, self.headers, self.body = status, headers, body
        super().__init__(f"HTTP {status}")


class RestClient:
    """Client of a server with OpenAI's API; sends each request once.

    For a server on loopback, proxies from the environment are not used. Redirects are never
    followed, so the text goes to the configured server only.

    Args:
        config: settings of the teacher.
        timeout: maximum seconds to connect, and without data afterwards.

    Raises:
        ConfigError: the address is invalid, or a remote server's key is missing.
    """

    error_types = (RestStatusError, OSError, http.client.HTTPException, ValueError, RecursionError)
    """Exceptions of all methods, which `convert_error` handles."""

    def __init__(self, config: TeacherConfig, timeout: float) -> None:
        self._config, self._timeout = config, timeout
        self._key = api_key(config)
        version = config.azure_api_version
        self._query = {"api-version": version} if version else {}
        self._headers = {"User-Agent": "vermeil"}
        if self._key:
            name, value = ("api-key", "") if version else ("Authorization", "Bearer ")
            self._headers[name] = value + self._key
        self._opener = _make_opener(use_proxies=not is_loopback(host_of(config.base_url)))

    def get(self, path: str, query: Mapping[str, Any] | None = None) -> Any:
        """Return the JSON value at ``path``."""
        return json.loads(self.read(path, query))

    def read(self, path: str, query: Mapping[str, Any] | None = None) -> bytes:
        """Return the whole content at ``path``."""
        with closing(self._open("GET", path, query)) as response:
            return response.read()

    def post(self, path: str, body: Any = None) -> Any:
        """Send a JSON value, or an empty body, to ``path``; return the JSON value of the reply."""
        data = b"" if body is None else json.dumps(body, ensure_ascii=False).encode()
        headers = {"Content-Type": "application/json", "Content-Length": str(len(data))}
        with closing(self._open("POST", path, data=data, headers=headers)) as response:
            return json.loads(response.read())

    def upload(
        self, path: str, fields: Mapping[str, str], name: str, content: IO[bytes], kind: str
    ) -> Any:
        """Send a form with a file; return the JSON value of the reply.

        Args:
            path: path below the address of the server.
            fields: other fields of the form.
            name: name of the file.
            content: the file, sent from its current position to its end.
            kind: media type of the file.
        """
        boundary = uuid.uuid4().hex
        head = "".join(
            f'--{boundary}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'
            for key, value in fields.items()
        )
        head += f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"'
        start, end = f"{head}\r\nContent-Type: {kind}\r\n\r\n", f"\r\n--{boundary}--\r\n"
        headers = {
            "Content-Type": f"multipart/form-data; boundary={boundary}",
            "Content-Length": str(len(start) + _remaining(content) + len(end)),
        }
        data = _parts(start.encode(), content, end.encode())
        with closing(self._open("POST", path, data=data, headers=headers)) as response:
            return json.loads(response.read())

    def download(self, path: str) -> Iterator[bytes]:
        """Yield the content at ``path`` in pieces.

        Raises:
            ConnectionError: the connection ended before the whole content was received.
        """
        with closing(self._open("GET", path)) as response:
            missing = response.length  # None: the end of the content is marked otherwise
            while missing is None or missing > 0:
                piece = response.read1(_CHUNK if missing is None else min(missing, _CHUNK))
                if not piece:
                    break
                yield piece
                missing = None if missing is None else missing - len(piece)
        if missing:
            raise ConnectionError(f"{missing:,} bytes are missing")

    def is_not_found(self, error: Exception) -> bool:
        """Return whether an error is the status 404."""
        return isinstance(error, RestStatusError) and error.status == 404

    def redact(self, message: object) -> str:
        """Return a message on one line: shortened, without the key and control characters."""
        return clean_message(message, self._key)

    def convert_error(self, error: Exception) -> AttemptError:
        """Return the attempt error for an exception among `error_types`."""
        if isinstance(error, RestStatusError):
            found = error_of_status(error.status, error.body)
            found = replace(found, message=self.redact(found.message) or "no explanation")
            return attempt_error(found, error.headers, self._config)
        if isinstance(error, URLError) and isinstance(error.reason, Exception):
            error = error.reason
        cause = self.redact(error) or type(error).__name__
        if isinstance(error, _ConnectionFailedError):
            return AttemptError(
                f"cannot reach the teacher at {self._config.base_url} ({cause}); is the server "
                "running, and is teacher.base_url right?",
                ErrorScope.UNREACHABLE,
                unbilled=True,
            )
        if isinstance(error, TimeoutError):
            message = f"no reply within {self._timeout:g} s"
            return AttemptError(message, ErrorScope.ATTEMPT, busy=True)
        is_reply = isinstance(error, ValueError | RecursionError)
        problem = "the response is not JSON" if is_reply else "the connection broke"
        return AttemptError(f"{problem}: {cause}", ErrorScope.ATTEMPT)

    def _open(
        self,
        method: str,
        path: str,
        query: Mapping[str, Any] | None = None,
        data: bytes | Iterable[bytes] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> http.client.HTTPResponse:
        parameters = urlencode({**self._query, **(query or {})})
        url = self._config.base_url.rstrip("/") + path + (f"?{parameters}" if parameters else "")
        request = Request(url, data, {**self._headers, **(headers or {})}, method=method)
        try:
            response: http.client.HTTPResponse = self._opener.open(request, timeout=self._timeout)
        except HTTPError as error:
            with closing(error):
                raise RestStatusError(
                    error.code, _lower_case(error.headers), error.read(4 * _CHUNK)
                ) from None
        return response


class _ConnectionFailedError(OSError):
    """No connection to the server was made."""


class _Connection(http.client.HTTPConnection):
    def connect(self) -> None:
        try:
            super().connect()
        except OSError as error:
            raise _ConnectionFailedError(error) from error


class _SecureConnection(http.client.HTTPSConnection):
    def connect(self) -> None:
        try:
            super().connect()
        except OSError as error:
            raise _ConnectionFailedError(error) from error


class _HttpHandler(HTTPHandler):
    def http_open(self, req: Request) -> http.client.HTTPResponse:
        return self.do_open(_Connection, req)


class _HttpsHandler(HTTPSHandler):
    def https_open(self, req: Request) -> http.client.HTTPResponse:
        return self.do_open(_SecureConnection, req)


class _NoRedirects(HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        """Return None: a redirect is an error status like others."""


def _make_opener(*, use_proxies: bool) -> OpenerDirector:
    proxies = ProxyHandler() if use_proxies else ProxyHandler({})
    return build_opener(_HttpHandler, _HttpsHandler, _NoRedirects, proxies)


def _remaining(content: IO[bytes]) -> int:
    position = content.seek(0, os.SEEK_CUR)
    end = content.seek(0, os.SEEK_END)
    content.seek(position)
    return end - position


def _parts(start: bytes, content: IO[bytes], end: bytes) -> Iterator[bytes]:
    yield start
    while piece := content.read(_CHUNK):
        yield piece
    yield end


def _lower_case(headers: Message) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}
