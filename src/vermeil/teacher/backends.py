"""Every backend by the name that a configuration gives it."""

from __future__ import annotations

from collections.abc import Callable

from vermeil.teacher.anthropic_backend import AnthropicBackend
from vermeil.teacher.backend import Backend
from vermeil.teacher.config import TeacherConfig
from vermeil.teacher.openai_backend import OpenAIBackend

BACKENDS: dict[str, Callable[[TeacherConfig], Backend]] = {
    "openai": OpenAIBackend,
    "anthropic": AnthropicBackend,
}


def open_backend(config: TeacherConfig) -> Backend:
    """Return who answers the requests of a configuration, one at a time."""
    return BACKENDS[config.backend](config)
