"""Progress on standard error: bars on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from vermeil.cli.ui.output import print_status
from vermeil.data.progress import Progress, silent
from vermeil.data.visible import visible_line
from vermeil.terminal import make_console

Detail = Mapping[str, float | int | str]

SECONDS_BETWEEN_LINES = 15.0


@contextmanager
def shown_progress(quiet: bool = False) -> Iterator[Progress]:
    """Yield a progress callback: silent, bars, or plain lines if there is no terminal."""
    if quiet:
        yield silent
    elif sys.stderr.isatty():
        from vermeil.cli.ui.bars import shown_bars

        with shown_bars(make_console(stderr=True)) as bars:
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
        number = "…" if total is None and done == 0 else f": {done:,}"  # a phase without units
        self._write(f"{stage}{number}{of}{left}{_details(detail)}")


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
