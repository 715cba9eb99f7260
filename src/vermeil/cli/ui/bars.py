"""Progress bars that can be read at 80 columns: counts and times first, details as they fit."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, ProgressColumn, Task, TaskID, TextColumn
from rich.progress import Progress as Bars
from rich.table import Column
from rich.text import Text

from vermeil.data.progress import Progress
from vermeil.data.visible import visible_line

Detail = Mapping[str, float | int | str]

_WIDE = 110
"""Columns of a terminal from which bars have their full length."""
_SHORT_BAR, _LONG_BAR = 12, 30
_STAGE_WIDTH = 24
_GAPS = 5
"""Columns between the five columns of a line, and one that stays free."""

LEAST = ("host", "characters", "gold_share", "wordpieces_per_second", "documents_per_second")
"""Details that are the first to be left out where the line is too short."""


@contextmanager
def shown_bars(console: Console) -> Iterator[Progress]:
    """Yield a progress callback that shows one bar per stage.

    Args:
        console: where the bars are shown.
    """
    tasks: dict[str, TaskID] = {}
    fixed = Column(no_wrap=True)
    bar = _LONG_BAR if console.width >= _WIDE else _SHORT_BAR
    bars = Bars(
        TextColumn("{task.description}", markup=False, table_column=fixed),
        BarColumn(bar, table_column=Column(no_wrap=True)),
        _CountsColumn(table_column=Column(no_wrap=True, justify="right")),
        _TimesColumn(table_column=Column(no_wrap=True)),
        _DetailsColumn(lambda: bars.tasks, console.width - bar - _GAPS),
        console=console,
    )

    def report(stage: str, done: int, total: int | None, detail: Detail) -> None:
        if stage not in tasks:
            _end_open_stages(bars)
            before = done if done > 1 else 0
            name = visible_line(stage)
            name = name if len(name) <= _STAGE_WIDTH else f"{name[: _STAGE_WIDTH - 1]}…"
            tasks[stage] = bars.add_task(name, total=total, completed=before, parts=())
        elif total is not None and done < total and bars.tasks[tasks[stage]].finished:
            bars.reset(tasks[stage])  # the stage runs again and is timed anew
        bars.update(tasks[stage], completed=done, total=total, parts=detail_parts(detail))

    with bars:
        yield report
        _end_open_stages(bars)


def _end_open_stages(bars: Bars) -> None:
    """Stop the clocks of stages of unknown length: the next stage has begun."""
    for task in bars.tasks:
        if task.total is None:
            bars.update(task.id, total=task.completed)


def detail_parts(detail: Detail) -> tuple[str, ...]:
    """Return the details of a stage as short texts, the most important ones first."""
    names = [name for name in detail if name != "seconds left"]
    ranked = sorted(names, key=lambda name: LEAST.index(name) + 1 if name in LEAST else 0)
    return tuple(visible_line(f"{n.replace('_', ' ')} {_short(detail[n])}") for n in ranked)


def fitting(parts: Sequence[str], width: int) -> str:
    """Return as many whole texts as fit, joined by commas.

    Args:
        parts: the texts, the most important ones first.
        width: columns.
    """
    line = ""
    for part in parts:
        longer = f"{line}, {part}" if line else part
        if len(longer) <= width:
            line = longer
    return line


def _short(value: float | int | str) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    return f"{value:,}" if isinstance(value, int) else value


class _CountsColumn(ProgressColumn):
    """Finished units of all units; without a slash where the number of all is unknown."""

    def render(self, task: Task) -> Text:
        return Text(_counts(task), style="progress.download")


class _TimesColumn(ProgressColumn):
    """Elapsed time, and the time left by name."""

    def render(self, task: Task) -> Text:
        return Text(_times(task), style="progress.elapsed")


class _DetailsColumn(ProgressColumn):
    """Further values, as many as fit beside the other columns.

    Args:
        tasks: called for all stages of the display.
        width: columns of the terminal, without the bar and the gaps.
    """

    def __init__(self, tasks: Callable[[], Sequence[Task]], width: int) -> None:
        super().__init__(table_column=Column(no_wrap=True))
        self._tasks = tasks
        self._width = width

    def render(self, task: Task) -> Text:
        tasks = self._tasks()
        taken = (
            max(len(column(one)) for one in tasks)
            for column in (lambda one: one.description, _counts, _times)
        )
        return Text(fitting(task.fields["parts"], self._width - sum(taken)))


def _counts(task: Task) -> str:
    if not task.completed and (task.total is None or not task.total):
        return ""  # a phase without units
    of = "" if task.total is None else f"/{int(task.total):,}"
    return f"{int(task.completed):,}{of}"


def _times(task: Task) -> str:
    elapsed = clock_time((task.finished_time if task.finished else task.elapsed) or 0)
    if task.finished or task.total is None or task.time_remaining is None:
        return elapsed
    return f"{elapsed} ({clock_time(task.time_remaining)} left)"


def clock_time(seconds: float) -> str:
    """Return a duration as minutes and seconds, or hours, minutes and seconds."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
