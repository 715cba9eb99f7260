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
from vermeil.tasks.protocol import TAGS_PER_LABEL


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
        unknown: bool, shape (batch, positions, classes): classes that may be right as well; None:
            there are none.
    """

    inputs: dict[str, torch.Tensor]
    classes: torch.Tensor
    weights: torch.Tensor
    words: torch.Tensor
    soft: torch.Tensor | None = None
    examples: tuple[TrainingExample, ...] = ()
    unknown: torch.Tensor | None = None

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
        _unknown_classes(examples, targets, device),
    )


def _pad(rows: Sequence[NDArray[np.int64]], width: int, value: int) -> NDArray[np.int64]:
    result = np.full((len(rows), width), value, np.int64)
    for i, row in enumerate(rows):
        result[i, : len(row)] = row
    return result


def _soft_labels(
    examples: Sequence[TrainingExample], targets: int, device: torch.device
) -> torch.Tensor | None:
    sizes = [e.soft.shape[-1] for e in examples if e.soft is not None]
    if not sizes:
        return None
    rows = np.zeros((len(examples), targets, sizes[0]), np.float32)
    for row, example in zip(rows, examples, strict=True):
        if example.soft is not None:
            per_word = len(example.classes) // example.size  # several for a head per label
            places = example.positions[:, None] * per_word + np.arange(per_word)
            row[places.reshape(-1)] = example.soft.reshape(-1, sizes[0])
        else:
            known = np.flatnonzero(example.classes != IGNORED)
            row[known, example.classes[known]] = 1
    return torch.from_numpy(rows).to(device)


def _unknown_classes(
    examples: Sequence[TrainingExample], targets: int, device: torch.device
) -> torch.Tensor | None:
    sizes = [e.unknown.shape[1] for e in examples if e.unknown is not None]
    if not sizes:
        return None
    rows = np.zeros((len(examples), targets, sizes[0]), bool)
    for row, example in zip(rows, examples, strict=True):
        if example.unknown is not None:
            row[example.positions] = example.unknown
    return torch.from_numpy(rows).to(device)


def merge_unknown(
    logs: torch.Tensor, classes: torch.Tensor, unknown: torch.Tensor | None
) -> torch.Tensor:
    """Return log-probabilities in which the correct class has those of the unknown ones, too.

    A word outside of all spans, in a text that was not annotated for a label, may have this label:
    the probability of "no label" and of the label together is that of the annotation. Source: N.
    Greenberg, T. Bansal, P. Verga and A. McCallum, Marginal Likelihood Training of BiLSTM-CRF for
    Biomedical Named Entity Recognition from Disjoint Label Sets (EMNLP 2018), here without the
    chain.

    Args:
        logs: log-probabilities, shape (…, classes).
        classes: correct classes, shape (…); `IGNORED` where there is none.
        unknown: classes that may be right as well, shape (…, classes); None: there are none.
    """
    if unknown is None:
        return logs
    index = classes.clamp_min(0)[..., None]
    is_own = torch.zeros_like(unknown).scatter(-1, index, torch.ones_like(index, dtype=torch.bool))
    joint = logs.masked_fill(~(unknown | is_own), float("-inf")).logsumexp(-1, keepdim=True)
    return torch.where(is_own, joint, logs)


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


class PerLabelLoss(nn.Module):
    """A loss of one class per position, applied to each label of each position.

    Args:
        loss: the loss. It receives a position per wordpiece and label.
    """

    def __init__(self, loss: nn.Module) -> None:
        super().__init__()
        self.loss = loss

    def forward(self, logits: torch.Tensor, batch: Batch) -> torch.Tensor:
        """Return the weighted sum of the losses over all labels but `IGNORED` ones.

        Args:
            logits: shape (batch, positions, labels · 3).
            batch: targets and weights, each of shape (batch, positions · labels).
        """
        result: torch.Tensor = self.loss(logits.reshape(len(logits), -1, TAGS_PER_LABEL), batch)
        return result


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
        if batch.unknown is not None:
            return self._with_unknown(logits, batch)
        if batch.soft is not None:
            target = batch.soft.reshape(-1, logits.shape[-1])[kept]
        losses = functional.cross_entropy(flat[kept], target, reduction="none")
        return (losses * batch.weights.reshape(-1)[kept]).sum()

    def _with_unknown(self, logits: torch.Tensor, batch: Batch) -> torch.Tensor:
        """Return the loss of a batch with classes that may be right as well."""
        rows = logits.float().reshape(*batch.classes.shape, logits.shape[-1])
        logs = merge_unknown(functional.log_softmax(rows, dim=-1), batch.classes, batch.unknown)
        target = batch.soft
        if target is None:
            target = functional.one_hot(batch.classes.clamp_min(0), rows.shape[-1]).float()
        losses = -(target * logs).sum(-1)
        return (losses * batch.weights * (batch.classes != IGNORED)).sum()
