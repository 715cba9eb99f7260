"""Progress on standard error: bars on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from vermeil.cli.ui.output import print_status
from vermeil.data.progress import Progress, silent
from vermeil.data.visible import visible_line
from vermeil.terminal import make_console

if TYPE_CHECKING:
    from rich.progress import TaskID

Detail = Mapping[str, float | int | str]

SECONDS_BETWEEN_LINES = 15.0


@contextmanager
def shown_progress(quiet: bool = False) -> Iterator[Progress]:
    """Yield a progress callback: silent, bars, or plain lines if there is no terminal."""
    if quiet:
        yield silent
    elif sys.stderr.isatty():
        with _bars() as bars:
            yield bars
    else:
        yield PlainProgress()


class PlainProgress:
    """Plain progress lines: at the start of a stage, every `SECONDS_BETWEEN_LINES`, and at its end.

    Args:
        write: called with each line.
        clock: returns seconds from any origin.
    """

    def __init__(
        self,
        write: Callable[[str], None] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._write = write or print_status
        self._clock = clock
        self._began: dict[str, tuple[float, int]] = {}
        self._last: dict[str, float] = {}

    def __call__(self, stage: str, done: int, total: int | None, detail: Detail) -> None:
        """Write a line if one is due."""
        now = self._clock()
        first = stage not in self._began
        began, before = self._began.setdefault(stage, (now, done if done > 1 else 0))
        finished = total is not None and done >= total
        due = now - self._last.setdefault(stage, began) >= SECONDS_BETWEEN_LINES
        if not (finished or due or (first and done == 0)):
            return
        self._last[stage] = now
        if finished:
            del self._began[stage], self._last[stage]
        of = "" if total is None else f" of {total:,}"
        left = _remaining_time(now - began, done, before, total, detail.get("seconds left"))
        self._write(f"{stage}: {done:,}{of}{left}{_details(detail)}")


def _remaining_time(
    elapsed: float, done: int, before: int, total: int | None, reported: float | int | str | None
) -> str:
    """Return the estimated time left; units done ``before`` took no time of this process."""
    if total is None or not before < done < total:
        return ""
    # A job may report a better estimate: units that are reused take less time than the rest.
    known = reported if isinstance(reported, float) else elapsed / (done - before) * (total - done)
    seconds = round(known)
    return f", about {seconds // 60}:{seconds % 60:02} left"


def _details(detail: Detail) -> str:
    parts = [
        f"{k} {v:.4g}" if isinstance(v, float) else f"{k} {v}"
        for k, v in detail.items()
        if k != "seconds left"
    ]
    return visible_line(f" ({', '.join(parts)})") if parts else ""


@contextmanager
def _bars() -> Iterator[Progress]:
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )
    from rich.progress import Progress as Bars

    tasks: dict[str, TaskID] = {}
    bars = Bars(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[detail]}", markup=False),
        console=make_console(stderr=True),
    )

    def report(stage: str, done: int, total: int | None, detail: Detail) -> None:
        if stage not in tasks:
            before = done if done > 1 else 0
            tasks[stage] = bars.add_task(stage, total=total, completed=before, detail="")
        elif total is not None and done < total and bars.tasks[tasks[stage]].finished:
            bars.reset(tasks[stage])  # the stage runs again and is timed anew
        bars.update(tasks[stage], completed=done, total=total, detail=_details(detail).strip(" ()"))

    with bars:
        yield report
