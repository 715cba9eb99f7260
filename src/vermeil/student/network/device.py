"""Device and precision of the computation."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Literal

import torch
from torch import nn

if TYPE_CHECKING:
    from transformers import PreTrainedModel


def pick_device() -> torch.device:
    """Return the GPU if there is one, else the processor."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def uses_bf16(precision: Literal["auto", "fp32", "bf16"]) -> bool:
    """Return whether to compute in bfloat16.

    ``auto`` uses it only if the hardware computes it natively: emulated, it is many times slower
    than float32.
    """
    if precision != "auto":
        return precision == "bf16"
    if torch.cuda.is_available():
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())


def autocast(device: torch.device, *, enabled: bool) -> AbstractContextManager[None]:
    """Return a context in which matrix products run in bfloat16, or an empty one."""
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=enabled)


def to_device(network: PreTrainedModel) -> PreTrainedModel:
    """Move a network to the device of this process and return it."""
    nn.Module.to(network, pick_device())
    return network


def set_threads(threads: int | None) -> None:
    """Set the number of threads of torch; None leaves it as it is."""
    if threads is not None:
        torch.set_num_threads(threads)
