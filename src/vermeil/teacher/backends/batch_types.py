"""Types that batch APIs and the batch store share."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class BatchPhase(StrEnum):
    """Phase of a batch in the batch store."""

    INTENDED = "intended"
    """About to be submitted; the server may or may not have received it."""
    RUNNING = "running"
    """Submitted, and its server id is stored."""
    COLLECTED = "harvested"
    """Its results are stored."""
    LOST = "lost"
    """It has no results; its requests can be sent again."""


class RequestOutcome(StrEnum):
    """Outcome of one request of a batch."""

    REPLIED = "replied"
    FAILED = "failed"
    """Rejected, or its result is malformed; an attempt with the error is stored."""
    MISSING = "missing"
    """Not run, or not in the results: expired, cancelled or lost."""


@dataclass(frozen=True, slots=True)
class ProviderBatch:
    """A batch at a provider.

    Args:
        name: our name of the batch; also sent to the server, so that it can be recognised.
        server: backend and address of the server.
        model: the teacher's model.
        requests: number of requests.
        created: time before it was submitted, in seconds since 1970.
        server_id: the server's id of the batch; None until known.
        phase: phase of the batch.
        note: reason why it is lost, if it is.
    """

    name: str
    server: str
    model: str
    requests: int
    created: float
    server_id: str | None
    phase: BatchPhase
    note: str | None = None
