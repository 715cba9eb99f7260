"""Access to the review page: one-time addresses, cookies, and the headers of every response."""

from __future__ import annotations

import hmac
import json
import secrets
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser

from vermeil.serving.review.address import ReviewAccess, is_annotator

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

ANNOTATOR_KEY = "vermeil.annotator"
"""Key of the annotator's name in the scope of a request with a valid cookie."""

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    )
)
"""Content security policy: only own files, no inline script or style, no HTML from strings."""

_HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_OPEN_PATHS = ("/", "/sign-in")
_OPEN_FOLDER = "/assets/"


class Sessions:
    """One-time tokens and cookies of the annotators.

    Args:
        access: the settings.
        base: address of the page, without a path.
        on_message: called with a new one-time address, when a used one was opened.
    """

    def __init__(self, access: ReviewAccess, base: str, on_message: Callable[[str], None]) -> None:
        self._token, self._base, self._on_message = access.token, base, on_message
        self._lock = threading.Lock()
        self._waiting: dict[str, str] = {}
        self._used: dict[str, str] = {}
        self._annotators: dict[str, str] = {}
        self.cookie = f"vermeil_review_{urlsplit(base).port}"
        """Name of the cookie; browsers share cookies between the ports of a host."""

    def address(self, annotator: str) -> str:
        """Return a new address with which an annotator can sign in once."""
        token = secrets.token_urlsafe(32)
        with self._lock:
            self._waiting[token] = annotator
        return f"{self._base}/?token={quote(token)}"

    def sign_in(self, token: str, annotator: str = "") -> str | None:
        """Return a new cookie for a one-time token, or for the shared token and a name.

        Args:
            token: the token that was sent.
            annotator: name of the annotator, for the shared token.
        """
        with self._lock:
            known = self._waiting.pop(token, None)
            if known is not None:
                self._used[token] = known
            elif self._is_shared(token) and is_annotator(annotator):
                known = annotator.strip()
            reused = self._used.pop(token, None) if known is None else None
            if known is not None:
                cookie = secrets.token_urlsafe(32)
                self._annotators[cookie] = known
                return cookie
        if reused is not None:  # printed once per used address
            self._on_message(f"a used address was opened; {reused} can use {self.address(reused)}")
        return None

    def annotator(self, cookies: Mapping[str, str]) -> str | None:
        """Return the annotator of a request, or None without a valid cookie."""
        return self._annotators.get(cookies.get(self.cookie, ""))

    @property
    def has_shared_token(self) -> bool:
        """Return whether annotators can sign in with a shared token."""
        return self._token is not None

    def _is_shared(self, token: str) -> bool:
        return self._token is not None and hmac.compare_digest(token.encode(), self._token.encode())


class AccessMiddleware:
    """ASGI middleware that admits requests with a valid cookie only, and adds security headers.

    A request must name the host of the page (against DNS rebinding), and one that changes something
    must come from the page itself (against forged requests of other sites).

    Args:
        app: the application.
        sessions: tokens and cookies.
        hosts: accepted values of the header Host; empty: any.
    """

    def __init__(self, app: ASGIApp, sessions: Sessions, hosts: frozenset[str]) -> None:
        self._app, self._sessions, self._hosts = app, sessions, hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Forward an admitted request; answer any other one."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(_HEADERS)
            await send(message)

        headers = Headers(scope=scope)
        annotator = self._sessions.annotator(cookie_parser(headers.get("cookie", "")))
        scope[ANNOTATOR_KEY] = annotator
        problem = self._problem(scope, headers, annotator)
        if problem is None:
            await self._app(scope, receive, send_with_headers)
            return
        await _respond(send_with_headers, *problem)

    def _problem(
        self, scope: Scope, headers: Headers, annotator: str | None
    ) -> tuple[int, str] | None:
        host, path = headers.get("host", ""), scope["path"]
        if self._hosts and host not in self._hosts:
            return 421, "wrong host; open the address that vermeil review printed"
        origin = headers.get("origin")
        if scope["method"] not in ("GET", "HEAD") and origin != f"{scope['scheme']}://{host}":
            return 403, "the request does not come from the review page"
        is_open = path in _OPEN_PATHS or path.startswith(_OPEN_FOLDER)
        if annotator is None and not is_open:
            return 401, "not signed in; open the address that vermeil review printed"
        return None


async def _respond(send: Send, status: int, detail: str) -> None:
    body = json.dumps({"detail": detail}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
