"""Upper limit of training speed: the time of the matrix multiplications of a step alone."""

from __future__ import annotations

import statistics
import time

import torch
from torch import nn

REPEATS = 9


def matmul_limit(network: nn.Module, rows: int, dtype: torch.dtype) -> float:
    """Return the wordpieces per second if a training step were its matrix multiplications alone.

    Every linear layer multiplies three times per step: the output, the gradient of its input and
    the gradient of its weights. Attention scores, normalisation, activation, dropout, the optimiser
    and the embeddings are left out, so no training loop reaches the limit.

    Args:
        network: the network.
        rows: wordpieces of a step.
        dtype: type of the multiplications, ``torch.float32`` or ``torch.bfloat16``.
    """
    shapes = [m.weight.shape for m in network.modules() if isinstance(m, nn.Linear)]
    operands = {
        shape: (
            torch.randn(rows, shape[1], dtype=dtype),
            torch.randn(shape, dtype=dtype),
            torch.randn(rows, shape[0], dtype=dtype),
        )
        for shape in set(shapes)
    }
    _step(shapes, operands)
    return rows / statistics.median(_step(shapes, operands) for _ in range(REPEATS))


def _step(
    shapes: list[torch.Size],
    operands: dict[torch.Size, tuple[torch.Tensor, torch.Tensor, torch.Tensor]],
) -> float:
    """Multiply as one training step does; return the seconds."""
    start = time.perf_counter()
    for shape in shapes:
        inputs, weight, gradient = operands[shape]
        inputs @ weight.T
        gradient @ weight
        gradient.T @ inputs
    return time.perf_counter() - start
