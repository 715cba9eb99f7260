"""Any server that speaks OpenAI's chat API. No type of the SDK leaves this file."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

from vermeil.data.reply import Reply, Request, Usage
from vermeil.teacher.address import api_key, host_of, is_loopback
from vermeil.teacher.backend import AttemptError, Limits, Scope
from vermeil.teacher.config import TeacherConfig
from vermeil.teacher.consent import check_consent
from vermeil.teacher.faults import fault_of_status
from vermeil.teacher.headers import limits_of

_SHOWN = 300
_AGAIN = Scope.ATTEMPT
_CONNECTING = {"ConnectError", "ConnectTimeout"}


class OpenAIBackend:
    """An OpenAI-compatible server (OpenAI, Azure, vLLM, SGLang, llama.cpp, Ollama, …).

    Towards a server on loopback neither proxies from the environment nor redirects are followed,
    so that the text cannot leave the machine by a detour.

    Raises:
        ConfigError: the address is none, a remote server's key is missing, or nobody agreed to
            send text there.
    """

    def __init__(self, config: TeacherConfig) -> None:
        import openai  # takes half a second

        check_consent(config)
        self._sdk = openai
        self._config = config
        self._key = api_key(config)
        local = is_loopback(host_of(config.base_url))
        self.limits: Limits | None = None
        self._client = openai.AsyncOpenAI(
            api_key=self._key or "none",
            base_url=config.base_url,
            max_retries=0,
            timeout=config.timeout,
            http_client=openai.DefaultAsyncHttpxClient(
                trust_env=not local,
                follow_redirects=False,
                timeout=config.timeout,
                event_hooks={"response": [self._heed]},
            ),
        )
        # Newer OpenAI models know only the other name.
        self._limit = "max_tokens"

    async def complete(self, request: Request) -> Reply:
        """Ask once."""
        started = time.monotonic()
        try:
            # The SDK's own limit starts anew with every chunk; this one is for the whole reply.
            async with asyncio.timeout(self._config.timeout):
                answer = await self._post(request)
        except (TimeoutError, self._sdk.APITimeoutError) as error:
            if type(error.__cause__).__name__ in _CONNECTING:
                raise self._unreachable("no answer to the call") from None
            raise AttemptError(
                f"no reply within {self._config.timeout:g} s", _AGAIN, busy=True
            ) from None
        except self._sdk.APIConnectionError as error:
            cause = self._clean(error.__cause__ or error)
            if type(error.__cause__).__name__ in _CONNECTING:
                raise self._unreachable(cause) from None
            raise AttemptError(f"the connection broke: {cause}", _AGAIN) from None
        except self._sdk.APIStatusError as error:
            return self._reply_of_error(error)
        except (ValueError, RecursionError) as error:
            raise AttemptError(f"the answer is no JSON: {self._clean(error)}", _AGAIN) from None
        try:
            return _parse(answer, time.monotonic() - started)
        except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
            shown = self._clean(answer)
            raise AttemptError(f"the answer is no chat completion: {shown}", _AGAIN) from None

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.close()

    async def _heed(self, response: Any) -> None:
        self.limits = limits_of(response.headers)

    async def _post(self, request: Request) -> object:
        sent: dict[str, object] = dict(request.parameters)
        used = self._limit
        if "max_tokens" in sent:
            sent[used] = sent.pop("max_tokens")
        sent |= {"model": request.model, "messages": [dict(m) for m in request.messages]}
        headers = {} if self._key else {"Authorization": self._sdk.Omit()}
        try:
            # Not chat.completions.create, which spends most of its time on types of its own.
            return await self._client.post(
                "/chat/completions", cast_to=object, body=sent, options={"headers": headers}
            )
        except self._sdk.BadRequestError as error:
            if used != "max_tokens" or "max_completion_tokens" not in error.message:
                raise
            self._limit = "max_completion_tokens"
            return await self._post(request)

    def _unreachable(self, cause: str) -> AttemptError:
        return AttemptError(
            f"cannot reach the teacher at {self._config.base_url} ({cause}); is the server "
            "running, and is teacher.base_url right?",
            Scope.UNREACHABLE,
            free=True,
        )

    def _reply_of_error(self, error: Any) -> Reply:
        """Raise the fault; but a prompt that a content filter stopped was answered: refused."""
        if error.status_code == 400 and error.code == "content_filter":
            return Reply("", "content_filter")
        said = error.body.get("message") if isinstance(error.body, dict) else None
        words = self._clean(said or error.response.text or "no explanation")
        headers = {k.lower(): v for k, v in error.response.headers.items()}
        raise fault_of_status(error.status_code, error.code, words, headers, self._config) from None

    def _clean(self, words: object) -> str:
        """Shorten what somebody else said, and take the key out of it."""
        text = " ".join(str(words).split())
        if self._key:
            text = text.replace(self._key, "[key]")
        return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def _parse(answer: Any, latency: float) -> Reply:
    """Read a chat completion; raises whatever a value of another shape leads to."""
    if isinstance(answer, str):  # JSON that was not declared as such
        answer = json.loads(answer)
    choice = answer["choices"][0]
    message = choice["message"]
    text, finish = _words(message), choice.get("finish_reason") or "stop"
    if not text and isinstance(message.get("refusal"), str):
        # A word that readers know: the reply was withheld.
        text, finish = message["refusal"], "content_filter"
    usage = answer.get("usage") or {}
    cached = (usage.get("prompt_tokens_details") or {}).get("cached_tokens")
    numbers = (usage.get("prompt_tokens"), usage.get("completion_tokens"), cached)
    counted = Usage(*(int(number or 0) for number in numbers))
    return Reply(_storable(text), str(finish), counted, latency)


def _words(message: dict[str, Any]) -> str:
    content = message.get("content")
    if isinstance(content, list):
        return "".join(part.get("text") or "" for part in content if part.get("type") == "text")
    if content is not None and not isinstance(content, str):
        raise TypeError("content is neither text nor a list of parts")
    return content or ""


def _storable(text: str) -> str:
    """Replace lone surrogates, which JSON can carry and UTF-8 cannot."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
