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
from vermeil.studies.cells.cell import run_cell
from vermeil.studies.cells.job import CellJob
from vermeil.studies.cells.sampling import CellDocuments
from vermeil.studies.execution import RunCells
from vermeil.studies.results.cell import CellResult


def cell_runner_for(config: ClusterConfig) -> RunCells:
    """Return a function that runs the cells of a `study` on a cluster.

    A cell's result does not depend on the machine. Documents and results are sent through Ray, so
    machines need no shared disk. A cell whose worker died runs again, at most ``cluster.retries``
    times.

    Args:
        config: address of the cluster, and resources of a cell.
    """
    require_ray()  # raises before any work if Ray is missing

    def run(
        jobs: Mapping[str, CellJob], model: Callable[[str], Path | None]
    ) -> Iterator[CellResult]:
        with connected(config):
            yield from _run(jobs, model, config)

    return run


def _run(
    jobs: Mapping[str, CellJob], model: Callable[[str], Path | None], config: ClusterConfig
) -> Iterator[CellResult]:
    ray = require_ray()
    options = worker_options(config) | {"num_returns": 2, "max_retries": config.retries}
    task = ray.remote(_cell).options(**options)
    scored_documents = _SharedInput(lambda job: (job.dev, job.test))
    sampled_documents = _SharedInput(lambda job: job.documents)

    def submit(key: str) -> list[Any]:
        job = jobs[key]
        student = job.student.model_copy(update={"threads": config.threads})
        stripped = replace(job, documents=CellDocuments((), ()), dev=(), test=(), student=student)
        shared = (sampled_documents.ref(job), scored_documents.ref(job))
        refs: list[Any] = task.remote(stripped, *shared, key, model(key) is not None)
        return refs

    best = -1.0
    # Ray itself repeats cells, so that a model whose machine was lost can be computed again.
    for done in run_units(jobs, submit, config.model_copy(update={"retries": 0}), prefetch=1):
        cell: CellResult = done.value
        folder = model(done.unit)
        if folder is not None and cell.dev is not None and cell.dev.overall.f1 > best:
            # Only a model that may be kept is sent over the network.
            best = cell.dev.overall.f1
            extract_archive(ray.get(done.extra_refs[0]), folder)
        yield cell


def _cell(
    job: CellJob,
    sampled: CellDocuments,
    scored: tuple[Any, Any],
    key: str,
    return_model: bool,
) -> tuple[CellResult, bytes | None]:
    """Run a cell in a worker; return its result, and the model's archive if requested."""
    complete_job = replace(job, documents=sampled, dev=scored[0], test=scored[1])
    with TemporaryDirectory() as folder:
        model_folder = Path(folder) / "model" if return_model else None
        cell = run_cell(complete_job, key, model_folder)
        return cell, None if model_folder is None else create_archive(model_folder)


class _SharedInput:
    """An input that consecutive cells share, and that is sent to the cluster only once."""

    def __init__(self, part: Callable[[CellJob], Any]) -> None:
        self._part = part
        self._last: tuple[Any, Any] | None = None

    def ref(self, job: CellJob) -> Any:
        """Return a Ray reference to this part of the cell's job."""
        part = self._part(job)
        if self._last is None or not _is_identical(part, self._last[0]):
            self._last = (part, require_ray().put(part))
        return self._last[1]


def _is_identical(one: Any, other: Any) -> bool:
    if isinstance(one, tuple) and isinstance(other, tuple) and len(one) == len(other):
        return all(a is b for a, b in zip(one, other, strict=True))
    return one is other
