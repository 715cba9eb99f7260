"""Padded batches as tensors, and the cross-entropy loss."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from vermeil.data.example import IGNORED, TrainingExample


@dataclass(frozen=True, slots=True)
class Batch:
    """Padded examples.

    Args:
        inputs: keyword arguments of the network, each int64 of shape (batch, longest).
        classes: int64, shape (batch, positions); `IGNORED` positions do not enter the loss.
        weights: float32, same shape.
        words: int64, shape (batch, most words): position of each word's first wordpiece, -1 beyond.
        soft: float32, shape (batch, positions, classes): probability of each class;
            None: all classes are certain.
        examples: the examples, in the same order.
    """

    inputs: dict[str, torch.Tensor]
    classes: torch.Tensor
    weights: torch.Tensor
    words: torch.Tensor
    soft: torch.Tensor | None = None
    examples: tuple[TrainingExample, ...] = ()

    @property
    def total_weight(self) -> torch.Tensor:
        """Return the sum of the loss weights: the divisor of a sum of losses."""
        return self.weights.reshape(-1)[self.classes.reshape(-1) != IGNORED].sum()


def collate(
    examples: Sequence[TrainingExample],
    remap: NDArray[np.int64],
    padding: int,
    device: torch.device,
) -> Batch:
    """Pad examples into tensors.

    Args:
        examples: at least one.
        remap: row of the embedding table for each wordpiece id.
        padding: row of the padding wordpiece.
        device: device of the tensors.
    """
    width = max(e.size for e in examples)
    arrays = {
        "input_ids": _pad([remap[e.input_ids] for e in examples], width, padding),
        "attention_mask": _pad([np.ones(e.size, np.int64) for e in examples], width, 0),
    }
    if examples[0].features is not None:
        features = [e.features for e in examples if e.features is not None]
        arrays["token_type_ids"] = _pad(features, width, 0)
    targets = max(len(e.classes) for e in examples)
    most_words = max(len(e.positions) for e in examples)
    weights = np.zeros((len(examples), targets), np.float32)
    for row, example in enumerate(examples):
        weights[row, : len(example.weights)] = example.weights
    return Batch(
        {name: torch.from_numpy(array).to(device) for name, array in arrays.items()},
        torch.from_numpy(_pad([e.classes for e in examples], targets, IGNORED)).to(device),
        torch.from_numpy(weights).to(device),
        torch.from_numpy(_pad([e.positions for e in examples], most_words, -1)).to(device),
        _soft_labels(examples, targets, device),
        tuple(examples),
    )


def _pad(rows: Sequence[NDArray[np.int64]], width: int, value: int) -> NDArray[np.int64]:
    result = np.full((len(rows), width), value, np.int64)
    for i, row in enumerate(rows):
        result[i, : len(row)] = row
    return result


def _soft_labels(
    examples: Sequence[TrainingExample], targets: int, device: torch.device
) -> torch.Tensor | None:
    sizes = [e.soft.shape[1] for e in examples if e.soft is not None]
    if not sizes:
        return None
    rows = np.zeros((len(examples), targets, sizes[0]), np.float32)
    for row, example in zip(rows, examples, strict=True):
        if example.soft is not None:
            row[example.positions] = example.soft
        else:
            known = np.flatnonzero(example.classes != IGNORED)
            row[known, example.classes[known]] = 1
    return torch.from_numpy(rows).to(device)


class BinaryCrossEntropy(nn.Module):
    """Cross-entropy of each label of a text, which applies (1) or not (0)."""

    def forward(self, logits: torch.Tensor, batch: Batch) -> torch.Tensor:
        """Return the weighted sum of the losses over all labels but `IGNORED` ones.

        Args:
            logits: shape (batch, labels).
            batch: targets and weights of the same shape.
        """
        kept = batch.classes != IGNORED
        targets = batch.classes[kept].float()
        losses = functional.binary_cross_entropy_with_logits(
            logits.float()[kept], targets, reduction="none"
        )
        return (losses * batch.weights[kept]).sum()


class CrossEntropy(nn.Module):
    """Cross-entropy of each position with its class or its soft label."""

    def forward(self, logits: torch.Tensor, batch: Batch) -> torch.Tensor:
        """Return the weighted sum of the losses over all positions but `IGNORED` ones.

        Args:
            logits: shape (batch, positions, classes), or (batch, classes) for a sequence head.
            batch: targets and weights of the same positions.
        """
        flat = logits.float().reshape(-1, logits.shape[-1])
        classes = batch.classes.reshape(-1)
        kept = classes != IGNORED
        target = classes[kept]
        if batch.soft is not None:
            target = batch.soft.reshape(-1, logits.shape[-1])[kept]
        losses = functional.cross_entropy(flat[kept], target, reduction="none")
        return (losses * batch.weights.reshape(-1)[kept]).sum()
