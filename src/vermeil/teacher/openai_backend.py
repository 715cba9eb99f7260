"""Any server that speaks OpenAI's chat API, one request at a time."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from vermeil.data.reply import Reply, Request
from vermeil.teacher.backend import AttemptError, Scope
from vermeil.teacher.config import TeacherConfig
from vermeil.teacher.consent import check_consent
from vermeil.teacher.openai_wire import chat_body, parse_completion
from vermeil.teacher.sdk import Sdk
from vermeil.teacher.structured import rejection


class OpenAIBackend:
    """An OpenAI-compatible server (OpenAI, Azure, vLLM, SGLang, llama.cpp, Ollama, …).

    Towards a server on loopback neither proxies from the environment nor redirects are followed,
    so that the text cannot leave the machine by a detour.

    Raises:
        ConfigError: the address is none, a remote server's key is missing, or nobody agreed to
            send text there.
    """

    def __init__(self, config: TeacherConfig) -> None:
        check_consent(config)
        self._config = config
        self._sdk = Sdk(config)
        self._client = self._sdk.async_client()
        # Newer OpenAI models know only the other name.
        self._limit = "max_tokens"

    async def complete(self, request: Request) -> Reply:
        """Ask once."""
        started = time.monotonic()
        try:
            # The SDK's own limit starts anew with every chunk; this one is for the whole reply.
            async with asyncio.timeout(self._config.timeout):
                answer = await self._post(request)
        except self._sdk.module.APIStatusError as error:
            return self._reply_of_error(error, request)
        except self._sdk.faults as error:
            raise self._sdk.fault(error) from None
        try:
            return parse_completion(answer, time.monotonic() - started)
        except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
            shown = self._sdk.clean(answer)
            raise AttemptError(
                f"the answer is no chat completion: {shown}", Scope.ATTEMPT
            ) from None

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.close()

    async def _post(self, request: Request) -> object:
        body = chat_body(request, self._config)
        used = self._limit
        if "max_tokens" in body:
            body[used] = body.pop("max_tokens")
        try:
            # Not chat.completions.create, which spends most of its time on types of its own.
            return await self._client.post(
                "/chat/completions",
                cast_to=object,
                body=body,
                options={"headers": self._sdk.headers},
            )
        except self._sdk.module.BadRequestError as error:
            if used != "max_tokens" or "max_completion_tokens" not in error.message:
                raise
            self._limit = "max_completion_tokens"
            return await self._post(request)

    def _reply_of_error(self, error: Any, request: Request) -> Reply:
        """Raise the fault; but a prompt that a content filter stopped was answered: refused."""
        if error.status_code == 400 and error.code == "content_filter":
            return Reply("", "content_filter")
        if request.schema is not None:
            advice = rejection(error.status_code, self._sdk.said(error), request.text, self._config)
            if advice is not None:
                raise AttemptError(advice, Scope.TEACHER) from None
        raise self._sdk.fault(error) from None
