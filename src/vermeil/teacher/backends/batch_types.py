"""Types that batch APIs and the batch store share."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class BatchPhase(StrEnum):
    """How far a batch has come."""

    INTENDED = "intended"
    """About to be submitted; the server may or may not have it."""
    RUNNING = "running"
    """The server has it, and its id is known."""
    COLLECTED = "harvested"
    """Its results are stored."""
    LOST = "lost"
    """It brings no results; what was in it is free to be asked again."""


class RequestOutcome(StrEnum):
    """What became of one request of a batch."""

    REPLIED = "replied"
    FAILED = "failed"
    """Turned down, or broken; an attempt with its error is stored."""
    MISSING = "missing"
    """Not run at all, or not in the results: expired, cancelled, lost."""


@dataclass(frozen=True, slots=True)
class ProviderBatch:
    """One batch.

    Args:
        name: ours; the server is told it, too, so that a batch can be recognised.
        server: where it was submitted (backend and address).
        model: who is asked.
        requests: how many it holds.
        created: seconds since 1970, before it was submitted.
        server_id: the server's name for it; None until known.
        phase: how far it has come.
        note: why it is lost, where it is.
    """

    name: str
    server: str
    model: str
    requests: int
    created: float
    server_id: str | None
    phase: BatchPhase
    note: str | None = None
