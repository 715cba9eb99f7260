"""Backend of an engine that Vermeil starts itself."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from vermeil.data.reply import Reply, Request
from vermeil.errors import ConfigError, TeacherError
from vermeil.teacher.backends.base import (
    AttemptError,
    BackendSpeed,
    ErrorScope,
    ServerRateLimits,
)
from vermeil.teacher.backends.local.engine_pool import ENGINE_POOL
from vermeil.teacher.backends.local.engine_process import EngineError
from vermeil.teacher.backends.local.engine_server import EngineServer
from vermeil.teacher.backends.local.engines import find_engine
from vermeil.teacher.backends.local.gguf_file import find_model, read_model
from vermeil.teacher.backends.local.layout import free_memory, possible_layouts, usable_cores
from vermeil.teacher.config import TeacherConfig


def check_local(config: TeacherConfig) -> None:
    """Raise `ConfigError` or `DataError` unless the engine is installed and the model exists."""
    find_engine(config)
    model = read_model(find_model(config))
    memory = free_memory()
    if memory is not None and model.size > memory:
        raise ConfigError(
            f"teacher.model: {model.path} has {model.size / 2**30:.1f} GiB, but only "
            f"{memory / 2**30:.1f} GiB of memory are free; use a smaller model or quantisation"
        )


def local_models(config: TeacherConfig) -> tuple[str, ...]:
    """Return the name of the model; `check_local` has checked engine and file."""
    return (config.model,)


class LocalBackend:
    """An engine on this machine, started with the first request and stopped at the end.

    A request waits for a free slot before it is sent. The wait does not count as part of
    ``teacher.timeout``. An engine that ends is started again. Create and use it in the same event
    loop.

    ``free`` holds every free slot as the server that has it.

    Raises:
        ConfigError: no engine is installed, or there is no model.
        DataError: the file of the model is damaged.
    """

    limits: ServerRateLimits | None = None

    def __init__(self, config: TeacherConfig) -> None:
        model = read_model(find_model(config))
        layouts = possible_layouts(config, model, usable_cores(), free_memory())
        self.group = ENGINE_POOL.take(find_engine(config), model.path, layouts)
        self._config = config
        self._servers: list[EngineServer] = []
        self.free: asyncio.Queue[EngineServer] = asyncio.Queue()
        self._starting: asyncio.Future[BackendSpeed] | None = None

    async def start(self) -> BackendSpeed:
        """Start the engine if it does not run, wait until the model is loaded, return its speed.

        Raises:
            TeacherError: the engine cannot be started.
        """
        if self._starting is None:
            self._starting = asyncio.ensure_future(self._start())
        return await asyncio.shield(self._starting)

    async def complete(self, request: Request) -> Reply:
        """Send a request once, as soon as a slot is free; return the reply."""
        try:
            await self.start()
        except TeacherError as error:
            raise AttemptError(str(error), ErrorScope.TEACHER, unbilled=True) from None
        server = await self.free.get()
        try:
            return await server.complete(request)
        finally:
            self.free.put_nowait(server)

    async def aclose(self) -> None:
        """Stop the engine, unless `EnginePool.keep` keeps it running."""
        await asyncio.to_thread(ENGINE_POOL.release, self.group)
        if self._starting is not None:
            with suppress(TeacherError):
                await self._starting
        for server in self._servers:
            await server.aclose()

    async def _start(self) -> BackendSpeed:
        try:
            speed = await asyncio.to_thread(self.group.start)
        except EngineError as error:
            raise TeacherError(
                f"teacher.model: {self._config.model}: the inference engine cannot be started: "
                f"{error}"
            ) from None
        # A grammar without free white space: small models fill JSON with it.
        is_free = self._config.structured in ("off", "json_object")
        settings = (
            self._config if is_free else self._config.model_copy(update={"structured": "gbnf"})
        )
        self._servers = [EngineServer(process, settings) for process in self.group.processes]
        for _ in range(self.group.layout.slots):
            for server in self._servers:
                self.free.put_nowait(server)
        return speed
