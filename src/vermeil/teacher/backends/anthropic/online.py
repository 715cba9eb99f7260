"""Backend for Anthropic's messages API, one request at a time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping

from vermeil.data.reply import Reply, Request, Usage
from vermeil.teacher.backends.anthropic.sdk_spec import ANTHROPIC
from vermeil.teacher.backends.anthropic.wire import (
    NOT_A_MESSAGE,
    message_body,
    parse_message,
    usage_of,
)
from vermeil.teacher.backends.base import AttemptError, ErrorScope, ServerRateLimits
from vermeil.teacher.backends.rate_headers import parse_rate_limits
from vermeil.teacher.backends.response_body import beginning_of, decode_body
from vermeil.teacher.backends.sdk import Sdk
from vermeil.teacher.backends.server_error import ServerError, error_in_success, error_of_status
from vermeil.teacher.backends.setting_rejections import (
    ErrorResponse,
    reply_or_raise,
)
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
            body, headers = response.content, response.headers
        except self._sdk.module.APIStatusError as error:
            headers = error.response.headers
            self.limits = parse_rate_limits(headers)
            failure = error_of_status(error.status_code, error.response.content)
            return self._handle_error(request, failure, headers)
        except self._sdk.error_types as error:
            raise self._sdk.convert_error(error) from None
        answer = decode_body(body, headers, self._sdk.key, usage_of)
        found = error_in_success(answer, request.text)
        if found is not None:
            return self._handle_error(request, found, headers, usage_of(answer))
        try:
            return parse_message(answer, time.monotonic() - started)
        except (ValueError, TypeError, LookupError, AttributeError):
            shown = beginning_of(body, self._sdk.key)
            raise AttemptError(
                f"{NOT_A_MESSAGE}: {shown}", ErrorScope.ATTEMPT, usage=usage_of(answer)
            ) from None

    def _handle_error(
        self,
        request: Request,
        error: ServerError,
        headers: Mapping[str, str],
        usage: Usage | None = None,
    ) -> Reply:
        response = ErrorResponse(error, headers, usage)
        return reply_or_raise(response, request.text, self._config, self._sdk.redact)

    async def aclose(self) -> None:
        """Close all connections."""
        await self._client.close()
