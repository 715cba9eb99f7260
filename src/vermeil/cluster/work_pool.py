"""Pool of Ray tasks: as many at once as the cluster can run, repeated after a worker's death."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from vermeil.cluster.config import ClusterConfig
from vermeil.cluster.connection import require_ray, task_error, worker_slots
from vermeil.errors import TrainingError

Unit = TypeVar("Unit")
Refs = Sequence[Any]
"""References to the results of a task. The first one shows that the task has finished."""

_POLL_SECONDS = 1.0
"""Seconds between two checks for machines that joined."""


@dataclass(slots=True)
class CompletedUnit(Generic[Unit]):
    """A work unit whose task succeeded.

    Args:
        unit: the work unit.
        value: first return value of the task.
        extra_refs: references to its other return values.
    """

    unit: Unit
    value: Any
    extra_refs: Refs


def run_units(
    units: Iterable[Unit],
    submit: Callable[[Unit], Refs],
    config: ClusterConfig,
    *,
    on_worker_lost: Callable[[Unit], Any] = lambda _: None,
    prefetch: int = 0,
) -> Iterator[CompletedUnit[Unit]]:
    """Run a task for each work unit, and yield units as they finish.

    Units are taken one by one when a worker is free. So machines that join receive work, and few
    units wait in memory.

    Args:
        units: all work units.
        submit: starts the task of one unit.
        config: number of workers, and repetitions after a worker's death.
        on_worker_lost: called with a unit whose worker died, before the unit is repeated.
        prefetch: tasks queued at the cluster, so that no worker waits for its next one.

    Raises:
        VermeilError: any error of a task, or too many workers died on one unit.
    """
    ray = require_ray()
    source, lost_units = iter(units), deque[Unit]()
    running: dict[Any, tuple[Unit, Refs]] = {}
    deaths: dict[int, int] = {}
    try:
        while True:
            while len(running) < worker_slots(config) + prefetch:
                unit = lost_units.popleft() if lost_units else next(source, None)
                if unit is None:
                    break
                refs = submit(unit)
                running[refs[0]] = (unit, refs)
            if not running:
                return
            ready, _ = ray.wait(list(running), timeout=_POLL_SECONDS)
            for ref in ready:
                unit, refs = running.pop(ref)
                try:
                    value = ray.get(ref)
                except ray.exceptions.RayTaskError as error:
                    raise task_error(error) from None
                except ray.exceptions.RayError as error:
                    deaths[id(unit)] = deaths.get(id(unit), 0) + 1
                    if deaths[id(unit)] > config.retries:
                        raise TrainingError(
                            f"workers died {deaths[id(unit)]} times on the same work unit "
                            f"({type(error).__name__}), probably for lack of memory; finished work "
                            "is stored: run the same command again with fewer workers "
                            "(cluster.workers) or more memory for each (cluster.memory_gb)"
                        ) from error
                    on_worker_lost(unit)
                    lost_units.append(unit)
                else:
                    yield CompletedUnit(unit, value, refs[1:])
    finally:
        for ref in running:
            ray.cancel(ref)
