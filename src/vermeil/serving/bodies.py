"""Reading of request bodies: token, content type, size, time and JSON, checked in this order."""

from __future__ import annotations

import asyncio
import hmac
import json
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from fastapi import HTTPException, Request, Response
from fastapi.routing import APIRoute
from starlette.requests import ClientDisconnect

from vermeil.serving.limits import ServiceLimits

_CLOSE = {"Connection": "close"}
"""Header of the response to a request whose body did not arrive in time."""


class BodyReader:
    """Reads the bodies of requests within limits.

    A request without the token is rejected before its body is read.

    Args:
        limits: limits on bytes and seconds.
        token: bearer token that a request must have; None: no token.
    """

    def __init__(self, limits: ServiceLimits, token: str | None) -> None:
        self._limits, self._token = limits, token
        self._buffered = 0
        self._max_buffered = max(limits.max_buffered, limits.bytes)

    async def read(self, request: Request) -> bytes:
        """Return the body of a request. Call `release` with it after the response.

        Raises:
            HTTPException: 401, 408, 413, 415 or 429.
        """
        self._check_token(request.headers.get("authorization", ""))
        _check_content_type(request.headers.get("content-type", ""))
        declared = request.headers.get("content-length", "0")
        if _exceeds(declared, self._limits.bytes):
            raise self._too_large()
        body = bytearray()
        try:
            async with asyncio.timeout(self._limits.read_timeout):
                async for chunk in request.stream():
                    self._reserve(body, chunk)
        except TimeoutError as error:
            self.release(body)
            seconds = self._limits.read_timeout
            raise HTTPException(
                408, f"the body did not arrive within {seconds:g} s", _CLOSE
            ) from error
        except ClientDisconnect as error:
            self.release(body)
            raise HTTPException(400, "the connection ended before the body") from error
        except BaseException:
            self.release(body)
            raise
        return bytes(body)

    def check_number(self, value: Any) -> None:
        """Check the number of documents before each of them is validated.

        Raises:
            HTTPException: 413.
        """
        if isinstance(value, list) and len(value) > self._limits.max_documents:
            problem = f"{len(value)} documents; expected at most {self._limits.max_documents}"
            raise HTTPException(413, f"{problem} in one request")

    def release(self, body: bytes | bytearray) -> None:
        """Stop counting the bytes of a body."""
        self._buffered -= len(body)

    def _reserve(self, body: bytearray, chunk: bytes) -> None:
        if len(body) + len(chunk) > self._limits.bytes:
            raise self._too_large()
        if self._buffered + len(chunk) > self._max_buffered:
            raise HTTPException(
                429, "too many bodies in memory; try again in 1 s", {"Retry-After": "1"}
            )
        self._buffered += len(chunk)
        body += chunk

    def _too_large(self) -> HTTPException:
        detail = f"the body is larger than {self._limits.bytes} bytes"
        return HTTPException(413, f"{detail}; send fewer documents per request")

    def _check_token(self, authorization: str) -> None:
        if self._token is None:
            return
        scheme, _, sent = authorization.partition(" ")
        # Both comparisons are made, and each takes the same time for every token.
        known = hmac.compare_digest(sent.strip().encode(), self._token.encode())
        if scheme.lower() != "bearer" or not known:
            raise HTTPException(
                401,
                "missing or wrong token; send it as Authorization: Bearer TOKEN",
                {"WWW-Authenticate": "Bearer"},
            )


def _check_content_type(content_type: str) -> None:
    kind = content_type.partition(";")[0].strip().lower()
    is_json = kind == "application/json" or (
        kind.startswith("application/") and kind.endswith("+json")
    )
    if not is_json:
        sent = f"is {kind[:80]}" if kind else "is missing"
        raise HTTPException(
            415, f"the content type {sent}; send JSON with Content-Type: application/json"
        )


def _exceeds(content_length: str, limit: int) -> bool:
    """Return whether a declared length is over the limit; it may have any number of digits."""
    digits = content_length.lstrip("0")
    return digits.isdecimal() and (len(digits) > 18 or int(digits) > limit)


def parse_json(body: bytes) -> Any:
    """Return the JSON value of a body.

    Raises:
        HTTPException: 422 with the reason.
    """
    try:
        return json.loads(body)
    except json.JSONDecodeError as error:
        reason = f"not JSON at line {error.lineno}, column {error.colno} ({error.msg})"
    except UnicodeDecodeError as error:
        reason = f"not UTF-8 at byte {error.start}; send JSON in UTF-8"
    except RecursionError:
        reason = "JSON that is nested too deeply"
    except ValueError:
        reason = "JSON with a number of too many digits"
    raise HTTPException(422, f"the body is {reason}")


def make_route_class(reader: BodyReader) -> type[APIRoute]:
    """Return a class of routes whose bodies are read by ``reader``."""

    class CheckedRequest(Request):
        _content: bytes | None = None

        async def body(self) -> bytes:
            if self._content is None:
                self._content = await reader.read(self)
            return self._content

        async def json(self) -> Any:
            value = parse_json(await self.body())
            reader.check_number(value)
            return value

        def release(self) -> None:
            if self._content is not None:
                reader.release(self._content)

    class CheckedRoute(APIRoute):
        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            handle: Callable[[Request], Awaitable[Response]] = super().get_route_handler()

            async def handle_checked(request: Request) -> Response:
                checked = CheckedRequest(request.scope, request.receive)
                try:
                    return await handle(checked)
                finally:
                    checked.release()

            return handle_checked

    return CheckedRoute
