"""Engines that keep running between the runs of one job.

A pilot or an optimisation opens the teacher once for every variant of the prompt. Without the pool,
each of them would load the model again. Coach and teacher with the same model share one engine.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vermeil.teacher.backends.local.engine_group import EngineGroup
from vermeil.teacher.backends.local.engines import Engine
from vermeil.teacher.backends.local.layout import EngineLayout

_Key = tuple[Engine, Path, tuple[EngineLayout, ...]]


class EnginePool:
    """Engine groups by engine, model and layouts."""

    def __init__(self) -> None:
        self._groups: dict[_Key, EngineGroup] = {}
        self._blocks = 0
        self._lock = threading.Lock()

    def take(self, engine: Engine, model: Path, layouts: tuple[EngineLayout, ...]) -> EngineGroup:
        """Return the kept group, or a new one that has not been started."""
        key = (engine, model, layouts)
        with self._lock:
            if key in self._groups:
                return self._groups[key]
            group = EngineGroup(engine, model, layouts)
            if self._blocks:
                self._groups[key] = group
            return group

    def release(self, group: EngineGroup) -> None:
        """Stop a group, unless it is kept and its start has finished."""
        with self._lock:
            kept = group in self._groups.values() and group.speed is not None
            if not kept:
                self._groups = {k: one for k, one in self._groups.items() if one is not group}
        if not kept:
            group.stop()

    def kept(self) -> tuple[EngineGroup, ...]:
        """Return the groups that are kept."""
        with self._lock:
            return tuple(self._groups.values())

    @contextmanager
    def keep(self) -> Iterator[None]:
        """Keep groups running until the end of the block, or of the outermost one."""
        with self._lock:
            self._blocks += 1
        try:
            yield
        finally:
            with self._lock:
                self._blocks -= 1
                ended = [] if self._blocks else list(self._groups.values())
                if not self._blocks:
                    self._groups = {}
            for group in ended:
                group.stop()


ENGINE_POOL = EnginePool()
"""The pool of this process."""
