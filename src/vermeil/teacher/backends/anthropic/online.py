"""Anthropic's messages API, one request at a time."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from vermeil.data.reply import Reply, Request
from vermeil.teacher.backends.anthropic.wire import message_body, parse_message
from vermeil.teacher.backends.base import AttemptError, Limits, Scope
from vermeil.teacher.backends.rate_headers import limits_of
from vermeil.teacher.backends.sdk import Sdk
from vermeil.teacher.backends.structured_output import rejection
from vermeil.teacher.config import TeacherConfig
from vermeil.teacher.consent import check_consent


class AnthropicBackend:
    """A server with Anthropic's messages API.

    Raises:
        ConfigError: the SDK is not installed, the address is none, a remote server's key is
            missing, or nobody agreed to send text there.
    """

    def __init__(self, config: TeacherConfig) -> None:
        import httpx2

        check_consent(config)
        self._config = config
        self._sdk = Sdk(config)
        self.limits: Limits | None = None
        self._response = httpx2.Response
        self._client = self._sdk.async_client()

    async def complete(self, request: Request) -> Reply:
        """Ask once."""
        started = time.monotonic()
        try:
            async with asyncio.timeout(self._config.timeout):
                response = await self._client.post(
                    "/v1/messages",
                    cast_to=self._response,
                    body=message_body(request),
                    options={"headers": self._sdk.headers},
                )
            self.limits = limits_of(response.headers)
            answer = response.json()
        except self._sdk.module.APIStatusError as error:
            self.limits = limits_of(error.response.headers)
            raise fault_of_message(error, request, self._sdk) from None
        except self._sdk.faults as error:
            raise self._sdk.fault(error) from None
        try:
            return parse_message(answer, time.monotonic() - started)
        except (ValueError, TypeError, LookupError, AttributeError):
            shown = self._sdk.clean(answer)
            raise AttemptError(f"the answer is no message: {shown}", Scope.ATTEMPT) from None

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.close()


def fault_of_message(error: Any, request: Request, sdk: Sdk) -> AttemptError:
    """Return what an error status means; advice where every request would meet the same."""
    said = sdk.said(error)
    if request.schema is not None:
        advice = rejection(error.status_code, said, request.text, sdk.config)
        if advice is not None:
            return AttemptError(advice, Scope.TEACHER, free=True)
    at = f"the teacher at {sdk.config.base_url}"
    if error.status_code == 400 and _blames(said, "credit balance", request):
        return AttemptError(
            f"{at} says that the account has no credit left: {said}", Scope.TEACHER, free=True
        )
    if error.status_code == 400 and _blames(said, "temperature", request):
        return AttemptError(
            f'{at} takes no temperature for this model: {said}; set teacher.temperature = "none"',
            Scope.TEACHER,
            free=True,
        )
    return sdk.fault(error)


def _blames(said: str, word: str, request: Request) -> bool:
    """Whether a complaint is about ``word``, and not only a quotation of the text."""
    return word in said.lower() and word not in request.text.lower()
