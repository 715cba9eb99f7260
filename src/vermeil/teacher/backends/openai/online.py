"""Any server that speaks OpenAI's chat API. No type of the HTTP library leaves this file."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping
from typing import Any

from vermeil.data.reply import Reply, Request
from vermeil.teacher.address import api_key, host_of, is_loopback
from vermeil.teacher.backends.base import AttemptError, ErrorScope, ServerRateLimits
from vermeil.teacher.backends.http_status import error_for_status
from vermeil.teacher.backends.openai.logprobs import logprobs_rejection_advice
from vermeil.teacher.backends.openai.wire import chat_body, parse_completion
from vermeil.teacher.backends.rate_headers import parse_rate_limits
from vermeil.teacher.backends.structured_output import schema_rejection_advice
from vermeil.teacher.config import TeacherConfig
from vermeil.teacher.consent import check_consent

_SHOWN = 300
_RETRYABLE = ErrorScope.ATTEMPT


class OpenAIBackend:
    """An OpenAI-compatible server (OpenAI, Azure, vLLM, SGLang, llama.cpp, Ollama, …).

    Towards a server on loopback neither proxies from the environment nor redirects are followed,
    so that the text cannot leave the machine by a detour. It is made and used in one event loop.

    Raises:
        ConfigError: the address is none, a remote server's key is missing, or nobody agreed to
            send text there.
    """

    def __init__(self, config: TeacherConfig) -> None:
        import aiohttp

        check_consent(config)
        self._http = aiohttp
        self._config = config
        self._key = api_key(config)
        self._url = config.base_url.rstrip("/") + "/chat/completions"
        version = config.azure_api_version
        self._query = {"api-version": version} if version else {}
        self.limits: ServerRateLimits | None = None
        headers = {"Content-Type": "application/json", "User-Agent": "vermeil"}
        if self._key:
            name, value = ("api-key", "") if version else ("Authorization", "Bearer ")
            headers[name] = value + self._key
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0),  # the engine decides how many there are
            cookie_jar=aiohttp.DummyCookieJar(),
            headers=headers,
            request_class=_request_class(),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=0.9 * config.timeout),
            trust_env=not is_loopback(host_of(config.base_url)),
        )
        # Newer OpenAI models know only the other name.
        self._limit_field = "max_tokens"

    async def complete(self, request: Request) -> Reply:
        """Ask once."""
        started = time.monotonic()
        try:
            async with asyncio.timeout(self._config.timeout):
                status, headers, body = await self._post(request)
        except self._http.ClientConnectorError as error:
            raise self._unreachable(self._redact(error)) from None
        except self._http.ConnectionTimeoutError:
            raise self._unreachable("no answer to the call") from None
        except TimeoutError:
            raise AttemptError(
                f"no reply within {self._config.timeout:g} s", _RETRYABLE, busy=True
            ) from None
        except (self._http.ClientError, OSError) as error:
            cause = self._redact(error) or type(error).__name__
            raise AttemptError(f"the connection broke: {cause}", _RETRYABLE) from None
        if status >= 300:
            return self._handle_error(request, status, headers, body)
        return self._reply(body, time.monotonic() - started)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._session.close()

    async def _post(self, request: Request) -> tuple[int, Mapping[str, str], bytes]:
        """Return status, headers and body."""
        sent, used = chat_body(request, self._config), self._limit_field
        if "max_tokens" in sent:
            sent[used] = sent.pop("max_tokens")
        data = json.dumps(sent, ensure_ascii=False).encode()
        async with self._session.post(
            self._url, params=self._query, data=data, allow_redirects=False
        ) as response:
            status, headers = response.status, response.headers
            self.limits = parse_rate_limits(headers)
            body = await response.read()
        if status == 400 and used == "max_tokens" and b"max_completion_tokens" in body:
            self._limit_field = "max_completion_tokens"
            return await self._post(request)
        return status, headers, body

    def _reply(self, body: bytes, latency: float) -> Reply:
        try:
            answer = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise AttemptError(
                f"the answer is no JSON: {self._redact(error)}", _RETRYABLE
            ) from None
        try:
            return parse_completion(answer, latency)
        except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
            shown = self._redact(answer)
            raise AttemptError(f"the answer is no chat completion: {shown}", _RETRYABLE) from None

    def _unreachable(self, cause: str) -> AttemptError:
        return AttemptError(
            f"cannot reach the teacher at {self._config.base_url} ({cause}); is the server "
            "running, and is teacher.base_url right?",
            ErrorScope.UNREACHABLE,
            unbilled=True,
        )

    def _handle_error(
        self, request: Request, status: int, headers: Mapping[str, str], body: bytes
    ) -> Reply:
        """Raise the fault; but a prompt that a content filter stopped was answered: refused."""
        error = _error_in(body)
        code = error.get("code")
        if status == 400 and code == "content_filter":
            return Reply("", "content_filter")
        said = error.get("message") or body[: 4 * _SHOWN].decode(errors="replace")
        words = self._redact(said) or "no explanation"
        if request.schema is not None:
            advice = schema_rejection_advice(status, words, request.text, self._config)
            if advice is not None:
                raise AttemptError(advice, ErrorScope.TEACHER, unbilled=True)
        advice = logprobs_rejection_advice(status, words, request.text, self._config)
        if advice is not None:
            raise AttemptError(advice, ErrorScope.TEACHER, unbilled=True)
        code = code if isinstance(code, str) else None
        raise error_for_status(status, code, words, headers, self._config)

    def _redact(self, message: object) -> str:
        """Shorten what somebody else said, and take the key out of it."""
        text = " ".join(str(message).split())
        if self._key:
            text = text.replace(self._key, "[key]")
        return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def _request_class() -> Any:
    """Return aiohttp's class of requests, wary of connections that hold an answer already.

    A server that answers twice would else have its second answer taken for that to the next
    request. (One that comes when the next request is sent already cannot be told from its answer.)
    """
    import aiohttp

    class Wary(aiohttp.ClientRequest):
        async def send(self, conn: Any) -> Any:
            if conn.protocol is None or conn.protocol.should_close:
                conn.close()
                raise aiohttp.ClientConnectionError("something came that nobody asked for")
            return await super().send(conn)

    return Wary


def _error_in(body: bytes) -> dict[str, Any]:
    """Return what an error body in OpenAI's shape says; empty where it has another shape."""
    try:
        outer = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(outer, dict):
        return {}
    inner = outer.get("error", outer)
    return inner if isinstance(inner, dict) else {"message": inner}
