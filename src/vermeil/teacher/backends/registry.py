"""Table of the backends that a configuration can name."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial

from vermeil.errors import ConfigError
from vermeil.optional import require
from vermeil.teacher.backends.anthropic.batches import AnthropicBatches
from vermeil.teacher.backends.anthropic.online import AnthropicBackend
from vermeil.teacher.backends.anthropic.sdk_spec import ANTHROPIC
from vermeil.teacher.backends.base import Backend, BackendSpeed, StartedBackend
from vermeil.teacher.backends.batch_base import BatchBackend
from vermeil.teacher.backends.gliner.model_folder import check_gliner, gliner_models
from vermeil.teacher.backends.gliner.online import GlinerBackend
from vermeil.teacher.backends.local.engine_pool import ENGINE_POOL
from vermeil.teacher.backends.local.online import LocalBackend, check_local, local_models
from vermeil.teacher.backends.models import rest_models, sdk_models
from vermeil.teacher.backends.openai.batches import OpenAIBatches
from vermeil.teacher.backends.openai.online import OpenAIBackend
from vermeil.teacher.config import BackendName, TeacherConfig
from vermeil.teacher.event_loop import run_to_end

OpenBatches = Callable[[TeacherConfig], BatchBackend]
"""Opens the batch API of a configured teacher."""

ModelNames = tuple[str, ...] | None
"""Names of the models of a server; None: the server does not list them."""


@dataclass(frozen=True, slots=True)
class BackendSpec:
    """The clients of one kind of API.

    The API key of a backend is in the environment variable ``NAME_API_KEY``, with the backend's
    name in capitals (`TeacherConfig.key_variable`).

    Args:
        online: opens a client that sends one request at a time.
        list_models: returns the names of the server's models; checks the connection.
        batches: opens a client of the batch API; None: the API has no batches.
        extra: optional dependency (see `vermeil.optional`); None: the base package has all.
        check: raises `ConfigError` unless everything that the backend needs is on this machine;
            None: only ``extra`` is checked.
        starts_server: whether Vermeil starts the server itself. ``teacher.base_url`` is then not
            used.
    """

    online: Callable[[TeacherConfig], Backend]
    list_models: Callable[[TeacherConfig], ModelNames]
    batches: OpenBatches | None = None
    extra: str | None = None
    check: Callable[[TeacherConfig], None] | None = None
    starts_server: bool = False


BACKENDS: dict[BackendName, BackendSpec] = {
    "openai": BackendSpec(OpenAIBackend, rest_models, OpenAIBatches),
    "anthropic": BackendSpec(
        AnthropicBackend, partial(sdk_models, spec=ANTHROPIC), AnthropicBatches, "anthropic"
    ),
    "local": BackendSpec(LocalBackend, local_models, check=check_local, starts_server=True),
    "gliner": BackendSpec(GlinerBackend, gliner_models, check=check_gliner, starts_server=True),
}
"""Every backend by its name in ``teacher.backend``."""


def require_backend(config: TeacherConfig) -> None:
    """Raise `ConfigError` unless all that the teacher's backend needs is on this machine."""
    spec = BACKENDS[config.backend]
    if spec.extra is not None:
        require(f'teacher.backend = "{config.backend}"', spec.extra)
    if spec.check is not None:
        spec.check(config)


def open_backend(config: TeacherConfig) -> Backend:
    """Return the configured backend, which sends one request at a time.

    Raises:
        ConfigError: its packages are not installed, or the configuration is wrong.
    """
    require_backend(config)
    return BACKENDS[config.backend].online(config)


def open_batches(config: TeacherConfig) -> BatchBackend:
    """Return the configured client of the batch API.

    Raises:
        ConfigError: the backend has no batches, its packages are not installed, or the
            configuration is wrong.
    """
    require_backend(config)
    batches = BACKENDS[config.backend].batches
    if batches is None:
        raise ConfigError(
            f'teacher.mode = "batch": the backend {config.backend} has no batches; set it to '
            '"online"'
        )
    return batches(config)


def keep_servers() -> AbstractContextManager[None]:
    """Return a context in which servers that Vermeil starts keep running between requests.

    They are stopped at its end. A job that opens a teacher several times uses it.
    """
    return ENGINE_POOL.keep()


def measure_server(config: TeacherConfig) -> BackendSpeed | None:
    """Return the speed of a server that Vermeil starts; None: it starts none, or measures none.

    The server is started and stopped again. It receives no document.

    Raises:
        ConfigError: something that the backend needs is not on this machine.
        TeacherError: the server cannot be started.
    """
    if not BACKENDS[config.backend].starts_server:
        return None
    speeds: list[BackendSpeed] = []

    async def measure() -> None:
        backend = open_backend(config)
        try:
            if isinstance(backend, StartedBackend):
                speeds.append(await backend.start())
        finally:
            await backend.aclose()

    run_to_end(measure())
    return speeds[0] if speeds else None


def list_models(config: TeacherConfig) -> ModelNames:
    """Return the names of the teacher's models.

    Raises:
        ConfigError: the packages of the backend are not installed, the address is invalid, or a
            remote teacher's key is missing.
        TeacherError: no server answers, or it does not accept the key.
    """
    require_backend(config)
    return BACKENDS[config.backend].list_models(config)
