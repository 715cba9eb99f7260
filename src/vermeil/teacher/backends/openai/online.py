"""Backend for OpenAI's chat API. No type of the HTTP library leaves this file."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import Mapping
from typing import Any

from vermeil.data.reply import Reply, Request, Usage
from vermeil.teacher.address import api_key, host_of, is_loopback
from vermeil.teacher.backends.base import (
    AttemptError,
    AttemptTimeoutError,
    ErrorScope,
    ServerRateLimits,
)
from vermeil.teacher.backends.openai.logprobs import logprobs_rejection_advice
from vermeil.teacher.backends.openai.wire import (
    NOT_A_COMPLETION,
    chat_body,
    is_filtered_prompt,
    parse_completion,
    usage_of,
)
from vermeil.teacher.backends.rate_headers import parse_rate_limits
from vermeil.teacher.backends.response_body import beginning_of, clean_message, decode_body
from vermeil.teacher.backends.server_error import ServerError, error_in_success, error_of_status
from vermeil.teacher.backends.setting_rejections import (
    ErrorResponse,
    reply_or_raise,
)
from vermeil.teacher.config import TeacherConfig
from vermeil.teacher.consent import check_consent

_RETRYABLE = ErrorScope.ATTEMPT


class OpenAIBackend:
    """An OpenAI-compatible server (OpenAI, Azure, vLLM, SGLang, llama.cpp, Ollama, …).

    For a server on loopback, neither proxies from the environment nor redirects are used, so that
    the text cannot leave the machine. Create and use it in the same event loop.

    Args:
        config: address, model and settings.
        key: API key; None: from the environment.

    Raises:
        ConfigError: the address is invalid, a remote server's key is missing, or the configuration
            does not allow sending text to it.
    """

    def __init__(self, config: TeacherConfig, key: str | None = None) -> None:
        import aiohttp

        check_consent(config)
        self._http = aiohttp
        self._config = config
        self._key = api_key(config) if key is None else key
        self._url = config.base_url.rstrip("/") + "/chat/completions"
        version = config.azure_api_version
        self._query = {"api-version": version} if version else {}
        self.limits: ServerRateLimits | None = None
        headers = {"Content-Type": "application/json", "User-Agent": "vermeil"}
        if self._key:
            name, value = ("api-key", "") if version else ("Authorization", "Bearer ")
            headers[name] = value + self._key
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0),  # the engine limits concurrency
            cookie_jar=aiohttp.DummyCookieJar(),
            headers=headers,
            request_class=_request_class(),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=0.9 * config.timeout),
            trust_env=not is_loopback(host_of(config.base_url)),
        )
        # Newer OpenAI models accept only max_completion_tokens.
        self._limit_field = "max_tokens"

    async def complete(self, request: Request) -> Reply:
        """Send a request once; return the reply."""
        started = time.monotonic()
        try:
            async with asyncio.timeout(self._config.timeout):
                status, headers, body = await self._post(request)
        except self._http.ClientConnectorError as error:
            raise self._unreachable(self._redact(_system_message(error))) from None
        except self._http.ConnectionTimeoutError:
            raise self._unreachable("connection timed out") from None
        except TimeoutError:
            raise AttemptTimeoutError(self._config.timeout) from None
        except (self._http.ClientError, OSError) as error:
            cause = self._redact(error) or type(error).__name__
            raise AttemptError(f"the connection broke: {cause}", _RETRYABLE) from None
        if status >= 300:
            return self._handle_error(request, error_of_status(status, body), headers)
        return self._reply(request, headers, body, time.monotonic() - started)

    async def aclose(self) -> None:
        """Close all connections."""
        await self._session.close()

    async def _post(self, request: Request) -> tuple[int, Mapping[str, str], bytes]:
        """Send a request; return status, headers and body of the response."""
        payload, limit_field = chat_body(request, self._config), self._limit_field
        if "max_tokens" in payload:
            payload[limit_field] = payload.pop("max_tokens")
        data = json.dumps(payload, ensure_ascii=False).encode()
        async with self._session.post(
            self._url, params=self._query, data=data, allow_redirects=False
        ) as response:
            status, headers = response.status, response.headers
            self.limits = parse_rate_limits(headers)
            body = await response.read()
        if status == 400 and limit_field == "max_tokens" and b"max_completion_tokens" in body:
            self._limit_field = "max_completion_tokens"
            return await self._post(request)
        return status, headers, body

    def _reply(
        self, request: Request, headers: Mapping[str, str], body: bytes, latency: float
    ) -> Reply:
        answer = decode_body(body, headers, self._key, usage_of)
        error = error_in_success(answer, request.text)
        if error is not None:
            return self._handle_error(request, error, headers, usage_of(answer))
        if is_filtered_prompt(answer):
            return Reply("", "content_filter", usage_of(answer) or Usage(), latency)
        try:
            return parse_completion(answer, latency)
        except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
            shown = beginning_of(body, self._key)
            raise AttemptError(
                f"{NOT_A_COMPLETION}: {shown}", _RETRYABLE, usage=usage_of(answer)
            ) from None

    def _unreachable(self, cause: str) -> AttemptError:
        return AttemptError(
            f"cannot reach the teacher at {self._config.base_url} ({cause}); is the server "
            "running, and is teacher.base_url right?",
            ErrorScope.UNREACHABLE,
            unbilled=True,
        )

    def _handle_error(
        self,
        request: Request,
        error: ServerError,
        headers: Mapping[str, str],
        usage: Usage | None = None,
    ) -> Reply:
        response = ErrorResponse(error, headers, usage)
        return reply_or_raise(
            response, request.text, self._config, self._redact, logprobs_rejection_advice
        )

    def _redact(self, message: object) -> str:
        """Return a message on one line, shortened, without the key and control characters."""
        return clean_message(message, self._key)


def _system_message(error: Any) -> object:
    """Return the operating system's message about a failed connection, without aiohttp's frame."""
    cause = getattr(error, "os_error", None)
    if not isinstance(cause, OSError):
        return error
    # asyncio replaces the message of a refused connection by the address.
    number = cause.errno
    return os.strerror(number) if number and number > 0 else cause.strerror or cause


def _request_class() -> Any:
    """Return a request class of aiohttp that rejects connections with unread data.

    Otherwise, if a server responds twice to a request, the second response would be taken for that
    to the next request. A second response that arrives after the next request was sent cannot be
    detected.
    """
    import aiohttp

    class SingleResponseRequest(aiohttp.ClientRequest):
        async def send(self, conn: Any) -> Any:
            if conn.protocol is None or conn.protocol.should_close:
                conn.close()
                raise aiohttp.ClientConnectionError("the server sent data without a request")
            return await super().send(conn)

    return SingleResponseRequest
