"""Dropout that draws one random byte per number instead of one random float."""

from __future__ import annotations

import torch
from torch import nn


class ByteDropout(nn.Module):
    """Dropout with a probability rounded to 1/256.

    Drawing random numbers one float at a time is a good part of a training step on a processor;
    eight bytes of one 64-bit number do as well.
    """

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p
        self._threshold = round(p * 256)
        self._scale = 256 / (256 - self._threshold)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return ``x`` with numbers dropped and the rest scaled, in training; else ``x``."""
        if not self.training or self._threshold == 0:
            return x
        words = torch.randint(
            torch.iinfo(torch.int64).min,
            torch.iinfo(torch.int64).max,
            ((x.numel() + 7) // 8,),
            dtype=torch.int64,
            device=x.device,
        )
        kept = words.view(torch.uint8)[: x.numel()].view(x.shape) >= self._threshold
        return x * kept.to(x.dtype).mul_(self._scale)


def speed_up_dropout(network: nn.Module) -> None:
    """Replace every `torch.nn.Dropout` that drops something by `ByteDropout`, in place."""
    for module in network.modules():
        for name, child in module.named_children():
            if isinstance(child, nn.Dropout) and child.p > 0:
                setattr(module, name, ByteDropout(child.p))
