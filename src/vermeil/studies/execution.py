"""Execution of a study's cells: in this process, or in several processes of this machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import active_children, get_context
from pathlib import Path

from vermeil.errors import TrainingError
from vermeil.jobs.executor import exit_with_parent
from vermeil.studies.cells.cell import run_cell
from vermeil.studies.cells.job import CellJob
from vermeil.studies.results.cell import CellResult

ModelFolder = Callable[[str], Path | None]
"""Returns the folder for the model of the cell with a key; None: the model is not saved."""

RunCells = Callable[[Mapping[str, CellJob], ModelFolder], Iterator[CellResult]]
"""Runs cells, given by their keys, and yields each when it is finished.

It may leave out a model that is no better on dev than an earlier one."""


def run_cells_locally(
    jobs: Mapping[str, CellJob], model_folder: ModelFolder, *, workers: int
) -> Iterator[CellResult]:
    """Yield cells as they finish.

    Args:
        jobs: cells by their keys.
        model_folder: returns the folder for a cell's model.
        workers: cells that run at the same time; 1: all in this process.

    Raises:
        TrainingError: a worker process was killed.
    """
    if workers == 1:
        for key, job in jobs.items():
            yield run_cell(job, key, model_folder(key))
        return
    executor = ProcessPoolExecutor(
        workers, mp_context=get_context("spawn"), initializer=exit_with_parent
    )
    try:
        futures = [executor.submit(run_cell, jobs[key], key, model_folder(key)) for key in jobs]
        for future in as_completed(futures):
            yield future.result()
    except BrokenProcessPool as error:
        raise TrainingError(
            "a worker process was killed while it trained a cell, probably because memory ran out. "
            "Finished cells are stored: run the study again with a smaller study.workers"
        ) from error
    except KeyboardInterrupt:
        # SIGTERM reaches this process alone. Without this, it would wait for whole cells.
        for process in active_children():
            process.terminate()
        raise
    finally:
        executor.shutdown(cancel_futures=True)
