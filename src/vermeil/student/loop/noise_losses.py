"""Noise-robust losses for silver labels, some of which are wrong or missing.

They apply to silver examples only. Gold examples use cross-entropy.

Sources: Z. Zhang and M. Sabuncu, Generalized Cross Entropy Loss for Training Deep Neural Networks
with Noisy Labels (NeurIPS 2018), equation 6; Y. Li, L. Liu and S. Shi, Empirical Analysis of
Unlabeled Entity Problem in Named Entity Recognition (ICLR 2021), for negative sampling, here of
words; S. Liu, J. Niles-Weed, N. Razavian and C. Fernandez-Granda, Early-Learning Regularization
Prevents Memorization of Noisy Labels (NeurIPS 2020), equations 6 and 9.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn
from torch.nn import functional

from vermeil.data.example import IGNORED, TrainingExample
from vermeil.student.config import NoiseConfig
from vermeil.student.loop.loss import Batch, merge_unknown

_MAX_AGREEMENT = 1 - 1e-4
"""Largest agreement of prediction and memory, so that the logarithm stays finite."""


class NoiseRobustLoss(nn.Module):
    """Cross-entropy for gold, and the configured noise-robust losses for silver.

    Args:
        config: the losses and their strength.
        examples: all training examples.
        classes: number of classes.
    """

    memory: torch.Tensor

    def __init__(
        self, config: NoiseConfig, examples: Sequence[TrainingExample], classes: int
    ) -> None:
        super().__init__()
        self._config = config
        self._memory_offsets: dict[int, int] = {}
        size = 0
        if config.early_learning:
            for example in examples:
                if example.origin == "silver" and id(example) not in self._memory_offsets:
                    self._memory_offsets[id(example)] = size
                    size += len(example.classes)
        self.register_buffer("memory", torch.zeros(size, classes))

    def forward(self, logits: torch.Tensor, batch: Batch) -> torch.Tensor:
        """Return the weighted sum of the losses over all positions but `IGNORED` ones.

        Args:
            logits: shape (batch, positions, classes), or (batch, classes) for a sequence head.
            batch: targets and weights of the same positions.
        """
        rows = logits.float().reshape(*batch.classes.shape, logits.shape[-1])
        counted = batch.classes != IGNORED
        silver = torch.tensor([e.origin == "silver" for e in batch.examples], device=rows.device)[
            :, None
        ].expand_as(counted)
        weights = batch.weights * counted
        if self._config.negative_sampling < 1:
            weights = weights * ~self._dropped_negatives(batch.classes, silver & counted)
        target = batch.soft
        if target is None:
            target = functional.one_hot(batch.classes.clamp_min(0), rows.shape[-1]).float()
        logs = functional.log_softmax(rows, dim=-1)
        predicted = logs
        logs = merge_unknown(logs, batch.classes, batch.unknown)
        losses = -(target * logs).sum(-1)
        if self._config.robust:
            powers = (1 - torch.exp(self._config.robust * logs)) / self._config.robust
            losses = torch.where(silver, (target * powers).sum(-1), losses)
        if self._config.early_learning:
            losses = losses + self._early_learning(predicted, batch, silver & counted)
        return (losses * weights).sum()

    def _dropped_negatives(self, classes: torch.Tensor, silver: torch.Tensor) -> torch.Tensor:
        """Draw the words without an entity that this step leaves out."""
        drawn = torch.rand(classes.shape, device=classes.device)
        return silver & (classes == 0) & (drawn >= self._config.negative_sampling)

    def _early_learning(
        self, logs: torch.Tensor, batch: Batch, silver: torch.Tensor
    ) -> torch.Tensor:
        """Return λ log(1 - <prediction, mean of earlier predictions>), shape (batch, positions)."""
        predicted = logs.exp()
        index = torch.full(silver.shape, -1, device=silver.device)
        for row, example in enumerate(batch.examples):
            offset = self._memory_offsets.get(id(example))
            if offset is not None:
                size = len(example.classes)
                index[row, :size] = torch.arange(offset, offset + size, device=silver.device)
        kept = silver & (index >= 0)
        with torch.no_grad():
            momentum = self._config.memory
            before = self.memory[index[kept]]
            self.memory[index[kept]] = momentum * before + (1 - momentum) * predicted[kept]
        remembered = (
            self.memory[index.clamp_min(0)] if len(self.memory) else torch.zeros_like(predicted)
        )
        agreement = (predicted * remembered).sum(-1).clamp_max(_MAX_AGREEMENT)
        loss: torch.Tensor = self._config.early_learning * torch.log1p(-agreement) * kept
        return loss
