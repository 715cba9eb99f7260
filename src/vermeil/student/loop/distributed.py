"""Several processes that train one student: each takes a part of every batch (``torchrun``)."""

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
        rank: which one this is, from 0; the first one alone writes and tells.
        size: how many there are.
    """

    rank: int = 0
    size: int = 1

    def all_reduce(self, value: torch.Tensor) -> torch.Tensor:
        """Replace a tensor by its sum over all processes, and return it."""
        if self.size > 1:
            distributed.all_reduce(value)
        return value

    def broadcast(self, value: Any) -> Any:
        """Return what the first process's ``value`` is."""
        said = [value]
        if self.size > 1:
            distributed.broadcast_object_list(said)
        return said[0]

    def all_gather(self, value: Any) -> list[Any]:
        """Return every process's ``value``, by rank."""
        said = [value] * self.size
        if self.size > 1:
            distributed.all_gather_object(said, value)
        return said


SINGLE_PROCESS = DistributedContext()
"""A training in one process."""


@contextmanager
def distributed_context() -> Iterator[DistributedContext]:
    """Meet the other processes that ``torchrun`` started, if it did, and part at the end.

    They talk through NCCL where each has a GPU of its own, else through gloo. Where they have met
    already (Ray Train sees to that), they stay together.
    """
    if distributed.is_initialized():
        yield DistributedContext(distributed.get_rank(), distributed.get_world_size())
        distributed.barrier()
        return
    size = int(os.environ.get("WORLD_SIZE", "1"))
    if size == 1:
        yield SINGLE_PROCESS
        return
    distributed.init_process_group("nccl" if torch.cuda.is_available() else "gloo")
    try:
        yield DistributedContext(distributed.get_rank(), size)
        distributed.barrier()  # the first one may still be writing
    finally:
        distributed.destroy_process_group()
