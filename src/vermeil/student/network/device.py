"""Device and precision of the computation."""

from __future__ import annotations

import time
from contextlib import AbstractContextManager
from functools import cache
from typing import TYPE_CHECKING, Literal

import torch
from torch import nn

if TYPE_CHECKING:
    from transformers import PreTrainedModel


SLOWEST_BF16 = 1.5
"""Largest time of a matrix product in bfloat16, as a multiple of float32, that counts as native.

Native bfloat16 takes about half of the time, emulated bfloat16 several times as long. A limit far
from both gives the same decision in every run."""

_SHAPE = (256, 384, 1536)
"""Rows, inputs and outputs of the product: the feed-forward layer of the embedded encoder."""
_ROUNDS = 7


def pick_device() -> torch.device:
    """Return the GPU if there is one, else the processor."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def uses_bf16(precision: Literal["auto", "fp32", "bf16"]) -> bool:
    """Return whether to compute in bfloat16.

    ``auto`` uses it only if the hardware computes it natively: emulated, it is many times slower
    than float32. On a processor, both its features and a measurement of some milliseconds decide.
    A processor may report a feature that its library does not use.
    """
    if precision != "auto":
        return precision == "bf16"
    if torch.cuda.is_available():
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return _reports_bf16() and bf16_is_fast()


def _reports_bf16() -> bool:
    """Return whether the processor has the features avx512_bf16 or amx_bf16."""
    return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())


@cache
def bf16_is_fast() -> bool:
    """Measure a matrix product in bfloat16 and float32, once per process, with one thread.

    The least of several alternating times is compared, so that other work does not change it.
    """
    rows, inputs, outputs = _SHAPE
    operands = [
        (torch.ones(rows, inputs, dtype=dtype), torch.ones(inputs, outputs, dtype=dtype))
        for dtype in (torch.float32, torch.bfloat16)
    ]
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        rounds = [[_seconds(*pair) for pair in operands] for _ in range(_ROUNDS)]
    finally:
        torch.set_num_threads(threads)
    fp32, bf16 = (min(times) for times in zip(*rounds, strict=True))
    return bool(bf16 <= SLOWEST_BF16 * fp32)


def _seconds(left: torch.Tensor, right: torch.Tensor) -> float:
    began = time.perf_counter()
    torch.mm(left, right)
    return time.perf_counter() - began


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
