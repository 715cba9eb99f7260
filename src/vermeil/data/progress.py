"""Progress callbacks of long-running work, independent of terminals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol


class Progress(Protocol):
    """Callback for the progress of a stage."""

    def __call__(
        self, stage: str, done: int, total: int | None, detail: Mapping[str, float | int | str]
    ) -> None:
        """Report the progress of a stage.

        Args:
            stage: name of the stage.
            done: number of finished units.
            total: number of all units; None: unknown.
            detail: further values to show, by name.
        """


def silent(
    stage: str, done: int, total: int | None, detail: Mapping[str, float | int | str]
) -> None:
    """Report nothing."""


def with_stage_name(progress: Progress, name: str) -> Progress:
    """Return a callback that reports every stage to ``progress`` under one name.

    Args:
        progress: receives the reports.
        name: replaces the name of each stage.
    """

    def report(
        stage: str,  # noqa: ARG001
        done: int,
        total: int | None,
        detail: Mapping[str, float | int | str],
    ) -> None:
        progress(name, done, total, detail)

    return report
