"""The inference engines that Vermeil can start: one table, and the choice among them."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass

from vermeil.errors import ConfigError
from vermeil.optional import install_command, is_installed
from vermeil.teacher.config import EngineName, TeacherConfig

XLLAMACPP = "xllamacpp"
LLAMA_SERVER = "llama-server"


@dataclass(frozen=True, slots=True)
class EngineSpec:
    """An inference engine of the llama.cpp family.

    Args:
        find: returns the program that answers, or the name of the package; None: not installed.
        remedy: returns how to install it.
    """

    find: Callable[[], str | None]
    remedy: Callable[[], str]


def _find_package() -> str | None:
    return XLLAMACPP if is_installed(XLLAMACPP) else None


ENGINES: dict[EngineName, EngineSpec] = {
    "xllamacpp": EngineSpec(_find_package, lambda: f"{XLLAMACPP}: {install_command('local')}"),
    "llama-server": EngineSpec(
        lambda: shutil.which(LLAMA_SERVER), lambda: f"llama.cpp's {LLAMA_SERVER} on PATH"
    ),
}
"""Every engine by its name in ``teacher.local.engine``, in the order of preference."""


@dataclass(frozen=True, slots=True)
class Engine:
    """An installed engine.

    Args:
        name: key of `ENGINES`.
        program: path of its program, or name of its package.
    """

    name: EngineName
    program: str


def find_engine(config: TeacherConfig) -> Engine:
    """Return the engine of ``teacher.local.engine``; auto: the first installed one.

    Raises:
        ConfigError: it is not installed.
    """
    wanted = config.local.engine
    names = list(ENGINES) if wanted == "auto" else [wanted]
    found = [engine for engine in installed_engines() if engine.name in names]
    if found:
        return found[0]
    raise ConfigError(
        f'teacher.backend = "{config.backend}" needs an inference engine: '
        + ", or ".join(ENGINES[name].remedy() for name in names)
    )


def installed_engines() -> list[Engine]:
    """Return all installed engines, in the order of preference."""
    programs = ((name, spec.find()) for name, spec in ENGINES.items())
    return [Engine(name, program) for name, program in programs if program is not None]
