"""Backend for Anthropic's messages API, one request at a time."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from vermeil.data.reply import Reply, Request
from vermeil.teacher.backends.anthropic.sdk_spec import ANTHROPIC
from vermeil.teacher.backends.anthropic.wire import NOT_A_MESSAGE, message_body, parse_message
from vermeil.teacher.backends.base import AttemptError, ErrorScope, ServerRateLimits
from vermeil.teacher.backends.rate_headers import parse_rate_limits
from vermeil.teacher.backends.sdk import Sdk
from vermeil.teacher.backends.structured_output import schema_rejection_advice
from vermeil.teacher.config import TeacherConfig
from vermeil.teacher.consent import check_consent


class AnthropicBackend:
    """A server with Anthropic's messages API.

    Raises:
        ConfigError: the SDK is not installed, the address is invalid, a remote server's key is
            missing, or the configuration does not allow sending text to it.
    """

    def __init__(self, config: TeacherConfig) -> None:
        import httpx2

        check_consent(config)
        self._config = config
        self._sdk = Sdk(config, ANTHROPIC)
        self.limits: ServerRateLimits | None = None
        self._response = httpx2.Response
        self._client = self._sdk.async_client()

    async def complete(self, request: Request) -> Reply:
        """Send a request once; return the reply."""
        started = time.monotonic()
        try:
            async with asyncio.timeout(self._config.timeout):
                response = await self._client.post(
                    "/v1/messages",
                    cast_to=self._response,
                    body=message_body(request),
                    options={"headers": self._sdk.headers},
                )
            self.limits = parse_rate_limits(response.headers)
            answer = response.json()
        except self._sdk.module.APIStatusError as error:
            self.limits = parse_rate_limits(error.response.headers)
            raise error_for_response(error, request, self._sdk) from None
        except self._sdk.error_types as error:
            raise self._sdk.convert_error(error) from None
        try:
            return parse_message(answer, time.monotonic() - started)
        except (ValueError, TypeError, LookupError, AttributeError):
            shown = self._sdk.redact(answer)
            raise AttemptError(f"{NOT_A_MESSAGE}: {shown}", ErrorScope.ATTEMPT) from None

    async def aclose(self) -> None:
        """Close all connections."""
        await self._client.close()


def error_for_response(error: Any, request: Request, sdk: Sdk) -> AttemptError:
    """Return the error for an error status, with advice if every request would fail."""
    message = sdk.server_message(error)
    if request.schema is not None:
        advice = schema_rejection_advice(error.status_code, message, request.text, sdk.config)
        if advice is not None:
            return AttemptError(advice, ErrorScope.TEACHER, unbilled=True)
    teacher = f"the teacher at {sdk.config.base_url}"
    if error.status_code == 400 and _mentions(message, "credit balance", request):
        return AttemptError(
            f"{teacher} reports that the account has no credit left: {message}",
            ErrorScope.TEACHER,
            unbilled=True,
        )
    if error.status_code == 400 and _mentions(message, "temperature", request):
        return AttemptError(
            f"{teacher} accepts no temperature for this model: {message}; set "
            'teacher.temperature = "none"',
            ErrorScope.TEACHER,
            unbilled=True,
        )
    return sdk.convert_error(error)


def _mentions(server_message: str, word: str, request: Request) -> bool:
    """Return whether an error message contains ``word``, and not as a quotation of the text."""
    return word in server_message.lower() and word not in request.text.lower()
