"""Every backend by the name that a configuration gives it."""

from __future__ import annotations

from collections.abc import Callable

from vermeil.teacher.backends.anthropic.online import AnthropicBackend
from vermeil.teacher.backends.base import Backend
from vermeil.teacher.backends.batch_base import BatchBackend
from vermeil.teacher.backends.openai.online import OpenAIBackend
from vermeil.teacher.config import TeacherConfig

BACKENDS: dict[str, Callable[[TeacherConfig], Backend]] = {
    "openai": OpenAIBackend,
    "anthropic": AnthropicBackend,
}


def open_backend(config: TeacherConfig) -> Backend:
    """Return who answers the requests of a configuration, one at a time."""
    return BACKENDS[config.backend](config)


OpenBatches = Callable[[TeacherConfig], BatchBackend]


def open_batches(config: TeacherConfig) -> BatchBackend:
    """Return who takes the batches of a configuration."""
    from vermeil.teacher.backends.anthropic.batches import AnthropicBatches
    from vermeil.teacher.backends.openai.batches import OpenAIBatches

    kinds: dict[str, OpenBatches] = {"openai": OpenAIBatches, "anthropic": AnthropicBatches}
    return kinds[config.backend](config)
