"""AdamW, and the learning rate of every step and layer."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import nn
from transformers import PreTrainedModel

from vermeil.data.example import BatchPlan
from vermeil.student.config import StudentConfig

DECAYS: dict[Literal["linear", "cosine", "constant"], Callable[[float], float]] = {
    "linear": lambda left: left,
    "cosine": lambda left: (1 - math.cos(math.pi * left)) / 2,
    "constant": lambda _: 1.0,
}
"""Learning-rate factor after the warm-up, as a function of the remaining share of the steps."""

CRITERION_RATE_FACTOR = 30.0
"""Learning rate of the weights of the loss (a CRF's transitions), as a multiple of the base rate.

Transitions start at 0 and should reach a size of about 1. AdamW changes a weight by about the
learning rate per step."""

_LAYER = re.compile(r"\.layers?\.(\d+)\.")


def rate_factor(step: int, plan: BatchPlan, config: StudentConfig) -> float:
    """Return the factor of the learning rate: linear warm-up, then decay, from every restart.

    Args:
        step: number of the step, from 0.
        plan: number of steps, and steps at which the schedule restarts.
        config: warm-up and decay.
    """
    start = max(r for r in plan.restarts if r <= step)
    end = min((r for r in plan.restarts if r > step), default=plan.steps)
    length, done = end - start, step - start + 1
    warmup = max(1, round(config.warmup * length)) if config.warmup else 0
    if done <= warmup:
        return done / warmup
    return DECAYS[config.decay]((length - done + 1) / max(1, length - warmup))


@dataclass(frozen=True, slots=True)
class ParameterGroup:
    """Parameters with the same weight decay, learning-rate scale and precision.

    Args:
        parameters: at least one.
        weight_decay: weight decay of AdamW.
        scale: factor of the learning rate.
        full_precision: whether they stay float32.
    """

    parameters: list[nn.Parameter]
    weight_decay: float
    scale: float
    full_precision: bool = False


def parameter_groups(
    network: PreTrainedModel, criterion: nn.Module, config: StudentConfig
) -> list[ParameterGroup]:
    """Return all trained parameters in groups; biases and norms have no weight decay.

    ``student.layer_decay`` gives lower layers a smaller learning rate (Howard and Ruder 2018).
    """
    top = max((_layer_depth(name) or 0 for name, _ in network.named_parameters()), default=0) + 1
    members: dict[tuple[float, bool], list[nn.Parameter]] = {}
    for name, parameter in network.named_parameters():
        if parameter.requires_grad:
            depth = _layer_depth(name)
            scale = config.layer_decay ** (top - (top if depth is None else depth))
            members.setdefault((scale, parameter.ndim > 1), []).append(parameter)
    groups = [
        ParameterGroup(parameters, config.weight_decay if decayed else 0.0, scale)
        for (scale, decayed), parameters in members.items()
    ]
    own = dict(criterion.named_parameters())
    for decayed in (False, True):
        head = [p for name, p in own.items() if _is_of_head(name) and (p.ndim > 1) == decayed]
        if head:
            decay = config.weight_decay if decayed else 0.0
            groups.append(ParameterGroup(head, decay, 1.0, full_precision=True))
    weights = [parameter for name, parameter in own.items() if not _is_of_head(name)]
    if weights:
        groups.append(ParameterGroup(weights, 0.0, CRITERION_RATE_FACTOR, full_precision=True))
    return groups


def make_optimiser(
    groups: Sequence[ParameterGroup], weights: Sequence[nn.Parameter]
) -> torch.optim.Optimizer:
    """Return fused AdamW over the weights of every group, with their ``scale`` for `set_rate`."""
    settings: list[dict[str, Any]] = [
        {"params": [weight], "weight_decay": group.weight_decay, "scale": group.scale}
        for group, weight in zip(groups, weights, strict=True)
    ]
    return torch.optim.AdamW(settings, fused=True)


def set_rate(optimiser: torch.optim.Optimizer, rate: float) -> None:
    """Set the learning rate of every group to ``rate`` times its scale."""
    for group in optimiser.param_groups:
        group["lr"] = rate * group["scale"]


def _is_of_head(name: str) -> bool:
    """Return whether a weight of the loss belongs to a pair head, not to a CRF."""
    return name.startswith("pairs.")


def _layer_depth(name: str) -> int | None:
    """Return the layer of a parameter: embeddings 0, encoder layers from 1, None above them."""
    found = _LAYER.search(name)
    if found:
        return int(found[1]) + 1
    return 0 if "embeddings" in name else None
