"""The training loop: plain PyTorch, one pass over a batch plan."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional
from transformers import PreTrainedModel

from vermeil.data.example import IGNORED, BatchPlan, Example
from vermeil.data.progress import Progress, silent
from vermeil.errors import TrainingError
from vermeil.student.config import StudentConfig
from vermeil.student.device import autocast, uses_bf16
from vermeil.student.vocabulary import compact_vocabulary


@dataclass(frozen=True, slots=True)
class StepRecord:
    """What one optimiser step was.

    Args:
        step: from 1.
        loss: weighted mean cross-entropy of the batch.
        gold_share: gold share of the batch's wordpieces.
        learning_rate: of this step.
        wordpieces: of this batch, without padding.
    """

    step: int
    loss: float
    gold_share: float
    learning_rate: float
    wordpieces: int

    def as_line(self) -> str:
        """One line of JSON, for ``training.jsonl``."""
        return json.dumps(asdict(self))


def fit(
    network: PreTrainedModel,
    examples: Sequence[Example],
    plan: BatchPlan,
    config: StudentConfig,
    seed: int,
    *,
    padding: int,
    progress: Progress = silent,
) -> list[StepRecord]:
    """Train the network in place along a plan.

    Args:
        network: a token or sequence classifier of transformers.
        examples: all examples, gold first, as the plan numbers them.
        plan: which examples each step sees.
        config: learning rate, dropout and the like.
        seed: of dropout.
        padding: id of the padding wordpiece.
        progress: told after every step: loss, gold share, wordpieces per second.

    Returns:
        A record per step.

    Raises:
        TrainingError: the loss is not a number any more, or there is nothing to train on.
    """
    if plan.steps == 0:
        raise TrainingError("the plan has no step: there is nothing to train on")
    torch.manual_seed(seed)
    used = np.unique(np.concatenate(plan.batches))
    network.train()
    records: list[StepRecord] = []
    seen, start = 0, time.perf_counter()
    with compact_vocabulary(network, (examples[i].input_ids for i in used), padding) as remap:
        if not config.train_word_embeddings:
            network.get_input_embeddings().requires_grad_(False)
        optimiser = _optimiser(network, config)
        for step, batch in enumerate(plan.batches):
            rate = config.learning_rate * _rate(step, plan, config.warmup)
            loss = _step(
                network,
                optimiser,
                _collate([examples[i] for i in batch], remap, remap[padding], network.device),
                rate,
                config,
            )
            if not math.isfinite(loss):
                raise TrainingError(
                    f"the loss is {loss} at step {step + 1} of {plan.steps}; "
                    "lower student.learning_rate or raise student.warmup"
                )
            seen += int(plan.wordpieces[step])
            share = float(plan.realised_share[step])
            records.append(StepRecord(step + 1, loss, share, rate, int(plan.wordpieces[step])))
            speed = seen / (time.perf_counter() - start)
            progress(
                "train",
                step + 1,
                plan.steps,
                {"loss": loss, "gold_share": share, "wordpieces_per_second": speed},
            )
    network.train(False)
    return records


@dataclass(frozen=True, slots=True)
class _Batch:
    inputs: dict[str, torch.Tensor]
    classes: torch.Tensor
    weights: torch.Tensor


def _collate(
    examples: Sequence[Example],
    remap: NDArray[np.int64],
    padding: int,
    device: torch.device,
) -> _Batch:
    """Pad examples into tensors of shape (batch, longest)."""
    rows, width = len(examples), max(e.size for e in examples)
    targets = max(len(e.classes) for e in examples)
    ids = np.full((rows, width), padding, np.int64)
    mask = np.zeros((rows, width), np.int64)
    features = np.zeros((rows, width), np.int64)
    classes = np.full((rows, targets), IGNORED, np.int64)
    weights = np.zeros((rows, targets), np.float32)
    for i, example in enumerate(examples):
        ids[i, : example.size] = remap[example.input_ids]
        mask[i, : example.size] = 1
        if example.features is not None:
            features[i, : example.size] = example.features
        classes[i, : len(example.classes)] = example.classes
        weights[i, : len(example.weights)] = example.weights
    inputs = {"input_ids": ids, "attention_mask": mask}
    if examples[0].features is not None:
        inputs["token_type_ids"] = features
    return _Batch(
        {name: torch.from_numpy(array).to(device) for name, array in inputs.items()},
        torch.from_numpy(classes).to(device),
        torch.from_numpy(weights).to(device),
    )


def _step(
    network: PreTrainedModel,
    optimiser: torch.optim.Optimizer,
    batch: _Batch,
    rate: float,
    config: StudentConfig,
) -> float:
    for group in optimiser.param_groups:
        group["lr"] = rate
    with autocast(network.device, enabled=uses_bf16(config.precision)):
        logits = network(**batch.inputs).logits
    loss = weighted_loss(logits, batch.classes, batch.weights)
    optimiser.zero_grad(set_to_none=True)
    torch.autograd.backward(loss)
    torch.nn.utils.clip_grad_norm_(network.parameters(), config.clip_norm, foreach=True)
    optimiser.step()
    return float(loss.detach())


def weighted_loss(
    logits: torch.Tensor, classes: torch.Tensor, weights: torch.Tensor
) -> torch.Tensor:
    """Return the weighted mean cross-entropy over the positions that count.

    Args:
        logits: shape (batch, positions, classes), or (batch, classes) for a sequence head.
        classes: int64, shape (batch, positions); `IGNORED` positions do not count.
        weights: float32, same shape.
    """
    flat = logits.float().reshape(-1, logits.shape[-1])
    kept = classes.reshape(-1) != IGNORED
    losses = functional.cross_entropy(flat[kept], classes.reshape(-1)[kept], reduction="none")
    kept_weights = weights.reshape(-1)[kept]
    return (losses * kept_weights).sum() / kept_weights.sum().clamp_min(1e-8)


def _rate(step: int, plan: BatchPlan, warmup: float) -> float:
    """Return the learning rate's factor: linear warm-up, then linear decay, anew per restart."""
    begin = max(r for r in plan.restarts if r <= step)
    end = min((r for r in plan.restarts if r > step), default=plan.steps)
    length, done = end - begin, step - begin + 1
    rising = max(1, round(warmup * length)) if warmup else 0
    if done <= rising:
        return done / rising
    return (length - done + 1) / max(1, length - rising)


def _optimiser(network: PreTrainedModel, config: StudentConfig) -> torch.optim.Optimizer:
    """Return fused AdamW; biases and norms are not decayed."""
    trained = [p for p in network.parameters() if p.requires_grad]
    groups: list[dict[str, Any]] = [
        {"params": [p for p in trained if p.ndim > 1], "weight_decay": config.weight_decay},
        {"params": [p for p in trained if p.ndim <= 1], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=config.learning_rate, fused=True)
