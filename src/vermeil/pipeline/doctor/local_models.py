"""Check of `doctor`: sizes of language models that this machine can run as teacher."""

from __future__ import annotations

from collections.abc import Iterator

from vermeil.config import Config
from vermeil.pipeline.check_report import CheckFinding
from vermeil.teacher.backends.local.capacity import SENTENCES, ModelCapacity, estimate_capacity

_FITS = {True: "fits into the free memory", False: "needs more memory than is free"}


def check_local_models(config: Config | None) -> Iterator[CheckFinding]:  # noqa: ARG001
    """Yield a finding per model size: memory, and the expected time for 1,000 sentences."""
    for one in estimate_capacity():
        yield CheckFinding(f"{one.parameters} parameters", "ok", _describe(one))


def _describe(one: ModelCapacity) -> str:
    fits = "free memory is not known" if one.fits is None else _FITS[one.fits]
    return (
        f"{fits} ({one.memory_bytes / 1e9:.1f} GB with 4-bit weights); {SENTENCES:,} sentences "
        f"take about {one.hours_per_1000:.1f} hours (estimated from the memory bandwidth)"
    )
