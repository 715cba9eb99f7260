"""The cells of a study as Ray tasks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from vermeil.cluster.archive import create_archive, extract_archive
from vermeil.cluster.config import ClusterConfig
from vermeil.cluster.connection import connected, require_ray, worker_options
from vermeil.cluster.work_pool import run_units
from vermeil.studies.cells.cell import CellJob, run_cell
from vermeil.studies.cells.sampling import CellDocuments
from vermeil.studies.study import RunCells


def cell_runner_for(config: ClusterConfig) -> RunCells:
    """Return what runs the cells of a `study` on a cluster, in place of this machine.

    A cell is the same wherever it runs. Its documents go to it, and its result comes back, through
    Ray: no disk is shared. A cell whose worker died runs again, ``cluster.retries`` times.

    Args:
        config: which cluster, and what a cell gets of it.
    """
    require_ray()  # tell at once where it is missing

    def run(
        jobs: Mapping[str, CellJob], model: Callable[[str], Path | None]
    ) -> Iterator[dict[str, Any]]:
        with connected(config):
            yield from _run(jobs, model, config)

    return run


def _run(
    jobs: Mapping[str, CellJob], model: Callable[[str], Path | None], config: ClusterConfig
) -> Iterator[dict[str, Any]]:
    ray = require_ray()
    options = worker_options(config) | {"num_returns": 2, "max_retries": config.retries}
    task = ray.remote(_cell).options(**options)
    scored = _SharedInput(lambda job: (job.dev, job.test))
    drawn = _SharedInput(lambda job: job.documents)

    def submit(key: str) -> list[Any]:
        job = jobs[key]
        threads = job.student.model_copy(update={"threads": config.threads})
        bare = replace(job, documents=CellDocuments((), ()), dev=(), test=(), student=threads)
        wants_model = model(key) is not None
        refs: list[Any] = task.remote(bare, drawn.ref(job), scored.ref(job), key, wants_model)
        return refs

    best = -1.0
    # Ray itself runs them again, so that a model whose machine is lost can be had once more.
    for done in run_units(jobs, submit, config.model_copy(update={"retries": 0}), prefetch=1):
        cell, place = done.value, model(done.unit)
        if place is not None and cell["dev"]["overall"]["f1"] > best:
            # Only what may be kept crosses the network.
            best = cell["dev"]["overall"]["f1"]
            extract_archive(ray.get(done.extra_refs[0]), place)
        yield cell


def _cell(
    job: CellJob, draw: CellDocuments, scored: tuple[Any, Any], key: str, wants_model: bool
) -> tuple[dict[str, Any], bytes | None]:
    """Run a cell in a worker; return it, and the model's folder if it is wanted."""
    whole = replace(job, documents=draw, dev=scored[0], test=scored[1])
    with TemporaryDirectory() as folder:
        place = Path(folder) / "model" if wants_model else None
        cell = run_cell(whole, key, place)
        return cell, None if place is None else create_archive(place)


class _SharedInput:
    """What neighbouring cells have in common, and goes to the cluster once for all of them."""

    def __init__(self, part: Callable[[CellJob], Any]) -> None:
        self._part = part
        self._last: tuple[Any, Any] | None = None

    def ref(self, job: CellJob) -> Any:
        """Return a reference to that part of the cell."""
        part = self._part(job)
        if self._last is None or not _is_identical(part, self._last[0]):
            self._last = (part, require_ray().put(part))
        return self._last[1]


def _is_identical(one: Any, other: Any) -> bool:
    if isinstance(one, tuple) and isinstance(other, tuple) and len(one) == len(other):
        return all(a is b for a, b in zip(one, other, strict=True))
    return one is other
