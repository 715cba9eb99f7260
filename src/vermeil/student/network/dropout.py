"""Fast dropout for processors, with masks from a precomputed table."""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import nn

TABLE_SIZE = 1 << 23
"""Length of a mask table: some hundred times the need of one call, so that masks rarely repeat."""


class TableDropout(nn.Module):
    """Dropout with masks from a table; drawing random masks is slow on processors.

    The table is one long random mask, the same for every training. Each call uses a slice with a
    random start.

    Args:
        p: probability of dropping a number.
    """

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return ``x`` with dropped numbers and the rest scaled up in training, else ``x``."""
        if not self.training or self.p == 0:
            return x
        factors = _mask_table(self.p, x.dtype, max(TABLE_SIZE, 2 * x.numel()))
        start = int(torch.randint(len(factors) - x.numel(), ()))
        return x * factors[start : start + x.numel()].view(x.shape)


@lru_cache(maxsize=4)
def _mask_table(p: float, dtype: torch.dtype, size: int) -> torch.Tensor:
    """Return random factors: 0 with probability ``p``, else 1 / (1 - p)."""
    generator = torch.Generator().manual_seed(0)
    kept = torch.rand(size, generator=generator) >= p
    return kept.to(dtype).mul_(1 / (1 - p))


def speed_up_dropout(network: nn.Module) -> None:
    """Replace every `torch.nn.Dropout` with p > 0 by `TableDropout`, in place."""
    for module in network.modules():
        for name, child in module.named_children():
            if isinstance(child, nn.Dropout) and child.p > 0:
                setattr(module, name, TableDropout(child.p))
