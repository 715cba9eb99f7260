"""Estimate of the tokens, cost and time of a pilot, before any request is sent."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from vermeil.data.document import Document
from vermeil.jobs.config import PilotConfig
from vermeil.jobs.estimate import EstimateReport, estimate
from vermeil.jobs.piloting.report import Variant
from vermeil.jobs.piloting.variants import set_up
from vermeil.tasks.protocol import Task
from vermeil.teacher.backends.base import BackendSpeed
from vermeil.teacher.backends.registry import measure_server
from vermeil.teacher.config import TeacherConfig


@dataclass(frozen=True, slots=True)
class PilotEstimate:
    """Estimated requests, tokens, cost and time of `pilot`.

    Args:
        documents: number of documents in the sample.
        variants: every variant with its estimate.
        warnings: retired models, and prices of the built-in list that are old.
    """

    documents: int
    variants: tuple[tuple[Variant, EstimateReport], ...]
    warnings: tuple[str, ...]

    @property
    def requests(self) -> int:
        """Number of requests without a stored reply."""
        return sum(one.volume.requests for _, one in self.variants)

    @property
    def cost_usd(self) -> float | None:
        """Expected cost in US dollars; None if a price is not known."""
        return _sum([one.cost_usd for _, one in self.variants])

    @property
    def upper_bound_usd(self) -> float | None:
        """Largest possible cost in US dollars; None if a price is not known."""
        return _sum([one.upper_bound_usd for _, one in self.variants])

    @property
    def seconds(self) -> float | None:
        """Expected time; None if the speed of a server is not known."""
        waits = [one.seconds for _, one in self.variants if one.volume.requests]
        return _sum(waits) if waits else None

    def as_dict(self) -> dict[str, Any]:
        """Return the estimate for JSON."""
        return {
            "documents": self.documents,
            "to_send": self.requests,
            "cost_usd": self.cost_usd,
            "at_most_usd": self.upper_bound_usd,
            "expected_seconds": None if self.seconds is None else round(self.seconds, 1),
            "variants": [
                {"variant": variant.name, **one.as_dict()} for variant, one in self.variants
            ],
            "warnings": list(self.warnings),
        }


def estimate_pilot(
    gold: Iterable[Document],
    task: Task,
    teacher: TeacherConfig,
    config: PilotConfig,
    store: Path | str,
    *,
    excluded: Iterable[Document] = (),
) -> PilotEstimate:
    """Estimate the requests, tokens, cost and time of `pilot`. No document is sent.

    The time is known only for a server that Vermeil starts. It is started once for each model.

    Args:
        gold: annotated documents.
        task: the task of the annotation.
        teacher: the settings that all variants share, and the prices of the models.
        config: the variants, sample size and seed.
        store: the file of replies; it need not exist.
        excluded: documents (dev, test) that must not be shown as demonstrations.

    Raises:
        ConfigError, DataError, TeacherError: as for `pilot`.
    """
    sample, setups = set_up(gold, task, teacher, config, excluded)
    speeds: dict[str, BackendSpeed | None] = {}
    variants = []
    for setup in setups:
        report = estimate(
            sample,
            setup.task,
            setup.teacher,
            store,
            setup.demonstrations,
            measure=partial(_measure_once, speeds),
        )
        variants.append((setup.variant, report))
    warnings = dict.fromkeys(warning for _, one in variants for warning in one.warnings)
    return PilotEstimate(len(sample), tuple(variants), tuple(warnings))


def _measure_once(
    speeds: dict[str, BackendSpeed | None], teacher: TeacherConfig
) -> BackendSpeed | None:
    """Return the speed of a server; it is measured once for each model."""
    if teacher.model not in speeds:
        speeds[teacher.model] = measure_server(teacher)
    return speeds[teacher.model]


def _sum(values: list[float | None]) -> float | None:
    """Return the sum; None if a value is not known."""
    known = [value for value in values if value is not None]
    return sum(known) if len(known) == len(values) else None
