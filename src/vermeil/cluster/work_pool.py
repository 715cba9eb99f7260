"""Work as Ray tasks: as many at once as there is room for, taken over when a worker dies."""

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
"""What a task will return; the first one says that it is done."""

_POLL_SECONDS = 1.0
"""Seconds after which it is seen whether machines have joined."""


@dataclass(slots=True)
class CompletedUnit(Generic[Unit]):
    """A task that has ended well.

    Args:
        unit: what it was about.
        value: what it returned.
        extra_refs: references to what it returned besides.
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
    """Run a task for each item and yield them as they end.

    Items are taken one by one, as there is room: machines that join get work, and nothing waits in
    memory.

    Args:
        units: what there is to do.
        submit: starts the task of one item.
        config: how many at once, and how often work is taken over.
        on_worker_lost: told of an item whose worker died, before it is done again.
        prefetch: tasks that wait at the cluster's side, so that no worker waits for the next one.

    Raises:
        VermeilError: whatever a task raises; or a worker died too often over one item.
    """
    ray = require_ray()
    source, again = iter(units), deque[Unit]()
    running: dict[Any, tuple[Unit, Refs]] = {}
    deaths: dict[int, int] = {}
    try:
        while True:
            while len(running) < worker_slots(config) + prefetch:
                item = again.popleft() if again else next(source, None)
                if item is None:
                    break
                refs = submit(item)
                running[refs[0]] = (item, refs)
            if not running:
                return
            ready, _ = ray.wait(list(running), timeout=_POLL_SECONDS)
            for ref in ready:
                item, refs = running.pop(ref)
                try:
                    value = ray.get(ref)
                except ray.exceptions.RayTaskError as error:
                    raise task_error(error) from None
                except ray.exceptions.RayError as error:
                    deaths[id(item)] = deaths.get(id(item), 0) + 1
                    if deaths[id(item)] > config.retries:
                        raise TrainingError(
                            f"workers died {deaths[id(item)]} times over the same piece of work "
                            f"({type(error).__name__}), most likely for want of memory; what is "
                            "done is kept: run the same again, with fewer workers or more memory "
                            "for each (cluster.memory_gb)"
                        ) from error
                    on_worker_lost(item)
                    again.append(item)
                else:
                    yield CompletedUnit(item, value, refs[1:])
    finally:
        for ref in running:
            ray.cancel(ref)
