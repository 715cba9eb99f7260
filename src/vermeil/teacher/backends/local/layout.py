"""Division of the machine among engine processes: processes, slots, threads and context."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from vermeil.teacher.backends.local.gguf_file import GgufModel
from vermeil.teacher.config import TeacherConfig

_USABLE_MEMORY = 0.8
"""Share of the free memory that engines may use."""
_CGROUP_LIMIT = Path("/sys/fs/cgroup/cpu.max")
_CGROUP_MEMORY = Path("/sys/fs/cgroup/memory.max")
_FREE_MEMORY = Path("/proc/meminfo")


@dataclass(frozen=True, slots=True)
class EngineLayout:
    """Division of the machine among engine processes.

    Args:
        processes: number of engine processes, each with the whole model.
        slots: requests that one process answers at the same time.
        threads: threads of one process.
        context: tokens of one slot: prompt and reply together.
    """

    processes: int
    slots: int
    threads: int
    context: int

    @property
    def total_slots(self) -> int:
        """Number of requests that are answered at the same time."""
        return self.processes * self.slots

    def memory(self, model: GgufModel) -> int:
        """Return the bytes of weights and caches of all processes."""
        return self.processes * (model.size + self.slots * self.context * model.cache_per_token)

    def __str__(self) -> str:
        return f"{self.processes} × {self.slots} slots × {self.threads} threads"


def usable_cores() -> int:
    """Return the number of processor cores that this process may use."""
    try:
        cores = len(os.sched_getaffinity(0))
    except AttributeError:  # not on Linux
        cores = os.cpu_count() or 1
    try:
        quota, period = _CGROUP_LIMIT.read_text().split()
        return max(1, min(cores, int(quota) // int(period)))
    except (OSError, ValueError):  # no limit
        return cores


def free_memory() -> int | None:
    """Return the bytes of memory that are free or can be freed; None: not known."""
    try:
        lines = _FREE_MEMORY.read_text().splitlines()
        free = next(int(line.split()[1]) << 10 for line in lines if line.startswith("MemAvailable"))
    except (OSError, ValueError, StopIteration):
        return None
    try:
        return min(free, int(_CGROUP_MEMORY.read_text()))
    except (OSError, ValueError):  # no limit
        return free


def possible_layouts(
    config: TeacherConfig, model: GgufModel, cores: int, memory: int | None
) -> tuple[EngineLayout, ...]:
    """Return the layouts to compare; the first one is the default.

    Without settings, several processes with one slot each, which do not wait for each other, are
    compared with one process that has all slots. Layouts that need more memory than is free are
    left out. If none fits, one slot remains.

    Args:
        config: ``teacher.local``, and ``teacher.concurrency`` as the maximum number of slots.
        model: size and context of the model.
        cores: usable processor cores.
        memory: free bytes; None: not known.
    """
    settings = config.local
    context = min(settings.context, model.trained_context or settings.context)
    slots = settings.slots or min(cores, config.concurrency)
    threads = settings.threads or cores
    together = EngineLayout(1, slots, threads, context)
    apart = EngineLayout(slots, 1, settings.threads or max(1, cores // slots), context)
    if settings.processes is not None:
        number = settings.processes
        each = max(1, slots // number)
        threads = settings.threads or max(1, cores // number)
        return (EngineLayout(number, each, threads, context),)
    layouts = tuple(dict.fromkeys((apart, together)))
    fitting = tuple(
        layout
        for layout in layouts
        if memory is None or layout.memory(model) <= _USABLE_MEMORY * memory
    )
    return fitting or (EngineLayout(1, settings.slots or 1, threads, context),)
