"""Spans of the requests that the service answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vermeil import tracing

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send


class SpanMiddleware:
    """ASGI middleware that records each request for one path as a span.

    Args:
        app: the application.
        path: the path.
    """

    def __init__(self, app: ASGIApp, path: str) -> None:
        self._app, self._path = app, path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Forward a request, and record its method and status."""
        if scope["type"] != "http" or scope["path"] != self._path or not tracing.is_on():
            await self._app(scope, receive, send)
            return
        headers = {
            key.decode("latin-1"): value.decode("latin-1") for key, value in scope["headers"]
        }
        known: tracing.Attributes = {
            "http.request.method": scope["method"],
            "http.route": self._path,
        }
        name = f"{scope['method']} {self._path}"
        with tracing.span(name, known, "server", headers) as results:

            async def send_and_record(message: Message) -> None:
                if message["type"] == "http.response.start":
                    results["http.response.status_code"] = message["status"]
                    if message["status"] >= 500:
                        results["error.type"] = str(message["status"])
                await send(message)

            await self._app(scope, receive, send_and_record)
