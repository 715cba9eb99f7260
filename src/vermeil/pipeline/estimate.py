"""The estimate of ``vermeil annotate --dry-run``, for every group of labels."""

from __future__ import annotations

from collections.abc import Sequence

from vermeil.config import Config
from vermeil.jobs.again import Again
from vermeil.jobs.estimate import estimate
from vermeil.jobs.run_folder import RunFolder
from vermeil.pipeline.demonstration_files import demonstrations_for
from vermeil.pipeline.label_groups import run_groups
from vermeil.pipeline.pool import pool_documents
from vermeil.pipeline.stage import Report
from vermeil.tasks import make_task


def estimate_groups(
    config: Config, again: Again | None = None, labels: Sequence[str] = ()
) -> tuple[Report, list[str]]:
    """Return the estimate of tokens, cost and time, and warnings.

    Args:
        config: the whole configuration.
        again: requests to send again; None: the missing ones.
        labels: labels added later that the requests are limited to; empty: all labels.
    """
    warnings: dict[str, None] = {}

    def run(group: Config) -> Report:
        report = estimate(
            pool_documents(group),
            make_task(group.task),
            group.teacher,
            RunFolder(group.run.output).replies,
            demonstrations_for(config, tuple(group.task.labels)),
            again,
        )
        warnings.update(dict.fromkeys(report.warnings))
        return report.as_dict()

    return run_groups(config, labels, run), list(warnings)
