"""How far batches agree on where the weights should go: cosines of their gradients."""

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


@dataclass(frozen=True, slots=True)
class Gradients:
    """Gradients of some batches at the weights of one moment.

    Args:
        cosines: float64, shape (batches, batches): cosine of the angle between two gradients; 0
            where one of them is nothing.
        norms: float64, shape (batches,): their lengths.
        losses: float64, shape (batches,): weighted mean loss of each batch.
    """

    cosines: NDArray[np.float64]
    norms: NDArray[np.float64]
    losses: NDArray[np.float64]


def gradients(
    network: PreTrainedModel,
    criterion: nn.Module,
    batches: Sequence[Sequence[TrainingExample]],
    *,
    padding: int,
    bf16: bool,
) -> Gradients:
    """Return how the gradients of batches lie to each other, dropout left out.

    They are those of all weights but the word embeddings, of which a batch moves only those of its
    own words. Nothing is changed but the network's mode, which is evaluation afterwards.

    Args:
        network: a classifier of transformers with all its word embeddings.
        criterion: logits and batch to the sum of the losses.
        batches: examples of each batch.
        padding: id of the padding wordpiece.
        bf16: whether to compute as training in bfloat16 does.
    """
    network.train(False)
    embeddings = {id(p) for p in network.get_input_embeddings().parameters()}
    trained = [*network.parameters(), *criterion.parameters()]
    weights = [p for p in trained if p.requires_grad and id(p) not in embeddings]
    remap = np.arange(int(network.config.vocab_size))
    found, losses = [], []
    for examples in batches:
        batch = collate(examples, remap, padding, network.device)
        with autocast(network.device, enabled=bf16):
            logits = network(**batch.inputs).logits
        loss = criterion(logits, batch) / batch.weight.clamp_min(1e-8)
        parts = torch.autograd.grad(loss, weights, allow_unused=True)
        found.append(parts)
        losses.append(float(loss.detach()))
    gram = np.zeros((len(batches), len(batches)))
    for parts in zip(*found, strict=True):  # weight by weight: never all in one piece
        if parts[0] is not None:
            rows = torch.stack([part.float().reshape(-1) for part in parts])
            gram += (rows @ rows.T).double().cpu().numpy()
    norms = np.sqrt(gram.diagonal())
    lengths = np.maximum(norms, 1e-12)
    return Gradients(gram / np.outer(lengths, lengths), norms, np.array(losses))
