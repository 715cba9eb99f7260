"""One engine process with its client: requests, and a new start after a crash."""

from __future__ import annotations

import asyncio

from vermeil.data.reply import Reply, Request
from vermeil.teacher.backends.base import AttemptError, AttemptTimeoutError, ErrorScope
from vermeil.teacher.backends.local.engine_process import EngineError, EngineProcess
from vermeil.teacher.backends.openai.online import OpenAIBackend
from vermeil.teacher.config import TeacherConfig

_EXIT_SECONDS = 0.5
"""Wait for the exit status of an engine whose connection broke, in seconds."""

_CONTEXT_WORDS = "exceeds the available context size"
"""Part of the engine's message about a prompt that is too long; it ends with the remedy."""


class EngineServer:
    """One engine process with its client.

    Args:
        process: a running engine.
        config: settings of the teacher.
    """

    def __init__(self, process: EngineProcess, config: TeacherConfig) -> None:
        self._process, self._config = process, config
        self._client = self._connect()
        self._restarting = asyncio.Lock()

    async def complete(self, request: Request) -> Reply:
        """Send a request once; return the reply."""
        client = await self._running_client()
        try:
            return await client.complete(request)
        except AttemptError as fault:
            fault.unbilled = True  # an engine of one's own charges nothing
            may_have_ended = fault.scope in (ErrorScope.ATTEMPT, ErrorScope.UNREACHABLE)
            if may_have_ended and not isinstance(fault, AttemptTimeoutError):
                await self._raise_if_ended()
            if fault.scope is ErrorScope.REQUEST and _CONTEXT_WORDS in str(fault):
                raise AttemptError(
                    f"{fault}: teacher.local.context", ErrorScope.REQUEST, unbilled=True
                ) from None
            raise

    async def aclose(self) -> None:
        """Close all connections."""
        await self._client.aclose()

    async def _raise_if_ended(self) -> None:
        status = await asyncio.to_thread(self._process.wait, _EXIT_SECONDS)
        if status is not None:
            raise AttemptError(
                f"the inference engine ended with status {status} during the request; it is "
                f"started again: {self._process.last_messages() or 'no message'}",
                ErrorScope.ATTEMPT,
                unbilled=True,
            )

    async def _running_client(self) -> OpenAIBackend:
        """Return the client; after a crash, start the engine again first."""
        async with self._restarting:
            if self._process.wait(0) is not None:
                try:
                    await asyncio.to_thread(self._process.start)
                except EngineError as error:
                    raise AttemptError(
                        f"the inference engine cannot be started again: {error}",
                        ErrorScope.TEACHER,
                        unbilled=True,
                    ) from None
                await self._client.aclose()
                self._client = self._connect()
            return self._client

    def _connect(self) -> OpenAIBackend:
        changes = {"base_url": self._process.base_url, "azure_api_version": None}
        settings = self._config.model_copy(update=changes)
        return OpenAIBackend(settings, self._process.settings.key)
