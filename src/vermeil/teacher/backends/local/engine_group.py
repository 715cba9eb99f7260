"""The engine processes of one teacher, in the layout that is fastest on this machine."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import suppress
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

_FASTEST: dict[tuple[Path, tuple[EngineLayout, ...]], EngineLayout] = {}
"""Fastest of some layouts of a model, as measured in this process: a pilot starts many engines."""


class EngineGroup:
    """Engine processes with the same model.

    Args:
        engine: the installed engine.
        model: the GGUF file.
        layouts: layouts to compare; each does the same number of requests at a time.

    ``speed`` is that of the running processes; None: they have not been started.
    """

    def __init__(self, engine: Engine, model: Path, layouts: tuple[EngineLayout, ...]) -> None:
        self.layout = layouts[0]
        self.processes: list[EngineProcess] = []
        self.speed: BackendSpeed | None = None
        self._engine, self._model, self._layouts = engine, model, layouts
        self._lock = threading.Lock()
        self._is_stopped = False
        self._start_lock = threading.Lock()

    def start(self) -> BackendSpeed:
        """Start the processes in the fastest layout, unless they run; return their speed.

        Raises:
            EngineError: a process ended or does not answer.
        """
        with self._start_lock:
            if self.speed is None:
                self.speed = self._start_fastest()
            return self.speed

    def stop(self) -> None:
        """End all processes; a start in progress fails."""
        with self._lock:
            self._is_stopped = True
            processes, self.processes = self.processes, []
        _stop(processes)

    def _start_fastest(self) -> BackendSpeed:
        known = _FASTEST.get((self._model, self._layouts))
        layouts = self._layouts if known is None else (known,)
        fastest = layouts[0]
        self._start(fastest)
        speed = measure_speed(self.processes)
        for layout in layouts[1:]:
            # On busy cores the threads of one process wait for each other, up to a thousand times
            # as long as they compute: a layout that is not faster is not measured to its end. One
            # that cannot start, for example for lack of memory, is left out.
            with suppress(EngineError):
                self._start(layout)
                speed = measure_speed(self.processes, speed.measured_seconds)
                fastest = layout
        if fastest != self.layout or not self.processes:  # without processes it was stopped
            self._start(fastest)
        _FASTEST[self._model, self._layouts] = fastest
        return speed

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
