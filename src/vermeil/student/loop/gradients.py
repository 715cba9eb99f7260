"""Gradients of several batches at the same weights: cosine similarities, norms and losses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from transformers import PreTrainedModel

from vermeil.data.example import TrainingExample
from vermeil.student.loop.loss import collate
from vermeil.student.network.device import autocast
from vermeil.student.network.rows import output_rows


@dataclass(frozen=True, slots=True)
class GradientComparison:
    """Gradients of several batches, compared at the same weights.

    Args:
        cosines: float64, shape (batches, batches): cosine similarity of two gradients; 0 if
            one of them is zero.
        norms: float64, shape (batches,): norm of each gradient.
        losses: float64, shape (batches,): weighted mean loss of each batch.
    """

    cosines: NDArray[np.float64]
    norms: NDArray[np.float64]
    losses: NDArray[np.float64]


def compare_gradients(
    network: PreTrainedModel,
    criterion: nn.Module,
    batches: Sequence[Sequence[TrainingExample]],
    *,
    padding: int,
    bf16: bool,
) -> GradientComparison:
    """Compare the gradients of several batches, without dropout.

    Word embeddings are left out, because a batch has gradients only for its own words. The network
    is in evaluation mode afterwards; nothing else changes.

    Args:
        network: a classifier of transformers with all its word embeddings.
        criterion: maps logits and batch to the sum of the losses.
        batches: examples of each batch.
        padding: id of the padding wordpiece.
        bf16: whether to compute in bfloat16, as training does.
    """
    network.train(False)
    embeddings = {id(p) for p in network.get_input_embeddings().parameters()}
    trained = [*network.parameters(), *criterion.parameters()]
    weights = [p for p in trained if p.requires_grad and id(p) not in embeddings]
    remap = np.arange(int(network.config.vocab_size))
    gradients, losses = [], []
    for examples in batches:
        batch = collate(examples, remap, padding, network.device)
        with autocast(network.device, enabled=bf16):
            rows = output_rows(network, batch.inputs)
        loss = criterion(rows, batch) / batch.total_weight.clamp_min(1e-8)
        parts = torch.autograd.grad(loss, weights, allow_unused=True)
        gradients.append(parts)
        losses.append(float(loss.detach()))
    gram = np.zeros((len(batches), len(batches)))
    for parts in zip(*gradients, strict=True):  # one weight at a time, to save memory
        if parts[0] is not None:
            rows = torch.stack([part.float().reshape(-1) for part in parts])
            gram += (rows @ rows.T).double().cpu().numpy()
    norms = np.sqrt(gram.diagonal())
    lengths = np.maximum(norms, 1e-12)
    return GradientComparison(gram / np.outer(lengths, lengths), norms, np.array(losses))
