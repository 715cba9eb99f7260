"""Table of the backends that a configuration can name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from vermeil.teacher.backends.anthropic.batches import AnthropicBatches
from vermeil.teacher.backends.anthropic.online import AnthropicBackend
from vermeil.teacher.backends.base import Backend
from vermeil.teacher.backends.batch_base import BatchBackend
from vermeil.teacher.backends.openai.batches import OpenAIBatches
from vermeil.teacher.backends.openai.online import OpenAIBackend
from vermeil.teacher.config import TeacherConfig

OpenBatches = Callable[[TeacherConfig], BatchBackend]
"""Opens the batch API of a configured teacher."""


@dataclass(frozen=True, slots=True)
class BackendSpec:
    """The clients of one kind of API.

    Args:
        online: opens a client that sends one request at a time.
        batches: opens a client of the batch API.
    """

    online: Callable[[TeacherConfig], Backend]
    batches: OpenBatches


BACKENDS: dict[str, BackendSpec] = {
    "openai": BackendSpec(OpenAIBackend, OpenAIBatches),
    "anthropic": BackendSpec(AnthropicBackend, AnthropicBatches),
}


def open_backend(config: TeacherConfig) -> Backend:
    """Return the configured backend, which sends one request at a time."""
    return BACKENDS[config.backend].online(config)


def open_batches(config: TeacherConfig) -> BatchBackend:
    """Return the configured client of the batch API."""
    return BACKENDS[config.backend].batches(config)
