"""Dropout that draws a place in a table of masks instead of a mask."""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import nn

TABLE_SIZE = 1 << 23
"""Numbers of a mask table: some hundred times what one call needs, so that masks hardly recur."""


class TableDropout(nn.Module):
    """Dropout for processors, where drawing the random numbers costs more than using them.

    The masks of all calls are stretches of one long random mask that is the same for every
    training; each call draws where its stretch begins.
    """

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return ``x`` with numbers dropped and the rest scaled, in training; else ``x``."""
        if not self.training or self.p == 0:
            return x
        factors = _factors(self.p, x.dtype, max(TABLE_SIZE, 2 * x.numel()))
        start = int(torch.randint(len(factors) - x.numel(), ()))
        return x * factors[start : start + x.numel()].view(x.shape)


@lru_cache(maxsize=4)
def _factors(p: float, dtype: torch.dtype, size: int) -> torch.Tensor:
    """Return what numbers are multiplied with: 0, or what keeps their mean."""
    generator = torch.Generator().manual_seed(0)
    kept = torch.rand(size, generator=generator) >= p
    return kept.to(dtype).mul_(1 / (1 - p))


def speed_up_dropout(network: nn.Module) -> None:
    """Replace every `torch.nn.Dropout` that drops something by `TableDropout`, in place."""
    for module in network.modules():
        for name, child in module.named_children():
            if isinstance(child, nn.Dropout) and child.p > 0:
                setattr(module, name, TableDropout(child.p))
