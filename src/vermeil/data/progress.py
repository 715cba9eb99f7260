"""How long work tells its caller where it stands, without knowing about terminals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol


class Progress(Protocol):
    """Anything that can be told how far a stage has come."""

    def __call__(
        self, stage: str, done: int, total: int | None, detail: Mapping[str, float | int | str]
    ) -> None:
        """Report that ``done`` of ``total`` (None: unknown) units of ``stage`` are finished."""


def silent(
    stage: str, done: int, total: int | None, detail: Mapping[str, float | int | str]
) -> None:
    """Report nothing."""


def with_stage_name(progress: Progress, name: str) -> Progress:
    """Return what tells ``progress`` of work as a stage of this name, whatever it calls itself."""

    def tell(
        stage: str,  # noqa: ARG001
        done: int,
        total: int | None,
        detail: Mapping[str, float | int | str],
    ) -> None:
        progress(name, done, total, detail)

    return tell
