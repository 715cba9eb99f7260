"""Backend of a GLiNER2 model, in a process that Vermeil starts."""

from __future__ import annotations

import asyncio
import secrets
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from vermeil.data.reply import Reply, Request
from vermeil.teacher.backends.base import AttemptError, ErrorScope, ServerRateLimits
from vermeil.teacher.backends.entity_labels import entity_labels
from vermeil.teacher.backends.gliner import serve
from vermeil.teacher.backends.gliner.model_folder import find_folder, interpreter
from vermeil.teacher.backends.local.engine_process import (
    EngineError,
    EngineProcess,
    EngineSettings,
)
from vermeil.teacher.backends.local.engine_server import EngineServer
from vermeil.teacher.backends.local.layout import usable_cores
from vermeil.teacher.config import TeacherConfig


class GlinerBackend:
    """A GLiNER2 model on this machine, started with the first request and stopped at the end.

    It receives the text and the labels; the instruction of the prompt is for language models. One
    text is read at a time, by all processor cores. Create and use it in the same event loop.

    Raises:
        ConfigError: there is no model.
    """

    limits: ServerRateLimits | None = None

    def __init__(self, config: TeacherConfig) -> None:
        self._config = config.model_copy(update={"structured": "json_schema"})
        program = str(interpreter(config))
        settings = EngineSettings(
            engine="gliner2",
            program=program,
            model=str(find_folder(config).absolute()),
            slots=1,
            threads=config.gliner.threads or usable_cores(),
            context=0,
            key=secrets.token_urlsafe(24),
        )
        self._process = EngineProcess(settings, (program, str(Path(serve.__file__).absolute())))
        self._starting: asyncio.Future[EngineServer] | None = None
        self._free = asyncio.Lock()

    async def complete(self, request: Request) -> Reply:
        """Send the text of a request once, as soon as the model is free; return the reply."""
        if entity_labels(request.schema) is None:
            raise AttemptError(
                'teacher.backend = "gliner" annotates entities; it answers no other request',
                ErrorScope.REQUEST,
                unbilled=True,
            )
        if self._starting is None:
            self._starting = asyncio.ensure_future(self._start())
        try:
            server = await asyncio.shield(self._starting)
        except EngineError as error:
            message = (
                f"teacher.model: {self._config.model}: GLiNER2 cannot be started with "
                f"{self._process.settings.program}: {error}"
            )
            raise AttemptError(message, ErrorScope.TEACHER, unbilled=True) from None
        text = ({"role": "user", "content": request.text},)
        async with self._free:
            return await server.complete(replace(request, messages=text))

    async def aclose(self) -> None:
        """Stop the process."""
        await asyncio.to_thread(self._process.stop)
        if self._starting is not None:
            with suppress(EngineError):
                await (await self._starting).aclose()

    async def _start(self) -> EngineServer:
        await asyncio.to_thread(self._process.start)
        return EngineServer(self._process, self._config)
