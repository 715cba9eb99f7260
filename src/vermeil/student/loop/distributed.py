"""Data-parallel training: several processes train one student on parts of every batch."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import distributed


@dataclass(frozen=True, slots=True)
class DistributedContext:
    """The processes of one training.

    Args:
        rank: rank of this process, from 0; only rank 0 writes files and reports progress.
        world_size: number of processes.
    """

    rank: int = 0
    world_size: int = 1

    def all_reduce(self, value: torch.Tensor) -> torch.Tensor:
        """Replace a tensor by its sum over all processes, and return it."""
        if self.world_size > 1:
            distributed.all_reduce(value)
        return value

    def broadcast(self, value: Any) -> Any:
        """Return the ``value`` of rank 0."""
        values = [value]
        if self.world_size > 1:
            distributed.broadcast_object_list(values)
        return values[0]

    def all_gather(self, value: Any) -> list[Any]:
        """Return the ``value`` of every process, by rank."""
        values = [value] * self.world_size
        if self.world_size > 1:
            distributed.all_gather_object(values, value)
        return values


SINGLE_PROCESS = DistributedContext()
"""A training in one process."""


@contextmanager
def distributed_context() -> Iterator[DistributedContext]:
    """Yield the processes that ``torchrun`` started; a single process otherwise.

    The process group uses NCCL if there is a GPU, else gloo. It is destroyed at the end. A process
    group that is initialised already (by Ray Train) is used and kept.
    """
    if distributed.is_initialized():
        yield DistributedContext(distributed.get_rank(), distributed.get_world_size())
        distributed.barrier()
        return
    world_size = int(os.environ.get("WORLD_SIZE", "1"))
    if world_size == 1:
        yield SINGLE_PROCESS
        return
    distributed.init_process_group("nccl" if torch.cuda.is_available() else "gloo")
    try:
        yield DistributedContext(distributed.get_rank(), world_size)
        distributed.barrier()  # rank 0 may still be writing
    finally:
        distributed.destroy_process_group()
