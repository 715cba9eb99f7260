"""The engine processes of one teacher, in the layout that is fastest on this machine."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

from vermeil.teacher.backends.base import BackendSpeed
from vermeil.teacher.backends.local.engine_process import (
    EngineError,
    EngineProcess,
    EngineSettings,
)
from vermeil.teacher.backends.local.engines import Engine
from vermeil.teacher.backends.local.layout import EngineLayout
from vermeil.teacher.backends.local.speed import measure_speed


class EngineGroup:
    """Engine processes with the same model.

    Args:
        engine: the installed engine.
        model: the GGUF file.
        layouts: layouts to compare.
    """

    def __init__(self, engine: Engine, model: Path, layouts: Sequence[EngineLayout]) -> None:
        self.layout = layouts[0]
        self.processes: list[EngineProcess] = []
        self._engine, self._model, self._layouts = engine, model, layouts
        self._lock = threading.Lock()
        self._is_stopped = False

    def start(self) -> BackendSpeed:
        """Start the processes in the fastest layout; return their speed.

        Raises:
            EngineError: a process ended or does not answer.
        """
        speeds: dict[EngineLayout, BackendSpeed] = {}
        for layout in self._layouts:
            self._start(layout)
            speeds[layout] = measure_speed(self.processes)
        fastest = max(speeds, key=lambda layout: speeds[layout].tokens_per_second)
        if fastest != self.layout:
            self._start(fastest)
        return speeds[fastest]

    def stop(self) -> None:
        """End all processes; a start in progress fails."""
        with self._lock:
            self._is_stopped = True
            processes, self.processes = self.processes, []
        _stop(processes)

    def _start(self, layout: EngineLayout) -> None:
        """Replace the processes by those of a layout."""
        settings = EngineSettings.make(self._engine, self._model, layout)
        with self._lock:
            if self._is_stopped:
                raise EngineError("the engine was stopped")
            before = self.processes
            self.processes = [EngineProcess(settings) for _ in range(layout.processes)]
            self.layout = layout
        _stop(before)
        for process in self.processes:
            process.start()


def _stop(processes: Sequence[EngineProcess]) -> None:
    for process in processes:
        process.stop()
