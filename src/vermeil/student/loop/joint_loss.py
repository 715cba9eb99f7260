"""The joint loss of words and of pairs of spans."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import nn

from vermeil.data.example import TrainingExample
from vermeil.student.encoding.pairs import distance_classes
from vermeil.student.loop.loss import Batch
from vermeil.student.network.pair_head import PairBatch, PairHead


class JointLoss(nn.Module):
    """The loss of the classes of words, plus that of the classes of pairs.

    The sum of both is divided by the weight of the words of a batch, as without pairs. A pair
    therefore counts as much as ``pair_weight`` words.

    Args:
        words: loss of the classes of words.
        pairs: the pair head.
        classes: number of classes of a word.
        pair_weight: factor of the loss of pairs.
    """

    def __init__(self, words: nn.Module, pairs: PairHead, classes: int, pair_weight: float) -> None:
        super().__init__()
        self.words, self.pairs = words, pairs
        self._classes, self._pair_weight = classes, pair_weight

    def forward(self, rows: torch.Tensor, batch: Batch) -> torch.Tensor:
        """Return the weighted sum of the losses over all words and pairs.

        Args:
            rows: class logits and hidden states, shape (batch, positions, classes + hidden size).
            batch: targets and weights of the same positions; its examples hold the pairs.
        """
        loss: torch.Tensor = self.words(rows[..., : self._classes], batch)
        pairs = collate_pairs(batch.examples, rows.device)
        if pairs is None:
            return loss
        index = batch.words.clamp_min(0)[..., None].expand(-1, -1, rows.shape[-1] - self._classes)
        states = rows[..., self._classes :].gather(1, index)
        return loss + self._pair_weight * self.pairs.loss(states, pairs)


def collate_pairs(examples: Sequence[TrainingExample], device: torch.device) -> PairBatch | None:
    """Return the pairs of all examples as tensors; None if there is none."""
    found = [(row, e.pairs) for row, e in enumerate(examples) if e.pairs is not None]
    if not found:
        return None
    columns = (
        np.concatenate([np.full(len(p.classes), row) for row, p in found]),
        np.concatenate([p.words.heads for _, p in found]),
        np.concatenate([p.words.tails for _, p in found]),
        np.concatenate([distance_classes(p.words) for _, p in found]),
        np.concatenate([p.classes for _, p in found]),
        np.concatenate([p.weights for _, p in found]),
    )
    return PairBatch(*(torch.from_numpy(column).to(device) for column in columns))
