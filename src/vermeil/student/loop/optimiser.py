"""The optimiser, and the learning rate of every step and layer."""

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
"""After the warm-up: the share of the steps that is left → factor of the learning rate."""

CRITERION_RATE_FACTOR = 30.0
"""Learning rate of what the loss itself learns (a CRF's transitions) as a multiple of the rest:
they begin at 0, should come to a size of about 1, and AdamW moves a number by about the learning
rate in a step."""

_LAYER = re.compile(r"\.layers?\.(\d+)\.")


def rate_factor(step: int, plan: BatchPlan, config: StudentConfig) -> float:
    """Return the learning rate's factor: linear warm-up, then its decay, anew per restart.

    Args:
        step: from 0.
        plan: says how many steps there are, and where the schedule starts anew.
        config: warm-up and decay.
    """
    begin = max(r for r in plan.restarts if r <= step)
    end = min((r for r in plan.restarts if r > step), default=plan.steps)
    length, done = end - begin, step - begin + 1
    rising = max(1, round(config.warmup * length)) if config.warmup else 0
    if done <= rising:
        return done / rising
    return DECAYS[config.decay]((length - done + 1) / max(1, length - rising))


@dataclass(frozen=True, slots=True)
class ParameterGroup:
    """Parameters that are trained alike.

    Args:
        parameters: at least one.
        weight_decay: AdamW's.
        scale: what the learning rate is multiplied with.
        full_precision: whether they have to stay float32.
    """

    parameters: list[nn.Parameter]
    weight_decay: float
    scale: float
    full_precision: bool = False


def parameter_groups(
    network: PreTrainedModel, criterion: nn.Module, config: StudentConfig
) -> list[ParameterGroup]:
    """Return what is trained, in groups; biases and norms are not decayed.

    With ``student.layer_decay`` the lower a layer, the smaller the scale of its learning rate
    (Howard and Ruder 2018).
    """
    top = max((_depth(name) or 0 for name, _ in network.named_parameters()), default=0) + 1
    members: dict[tuple[float, bool], list[nn.Parameter]] = {}
    for name, parameter in network.named_parameters():
        if parameter.requires_grad:
            depth = _depth(name)
            scale = config.layer_decay ** (top - (top if depth is None else depth))
            members.setdefault((scale, parameter.ndim > 1), []).append(parameter)
    groups = [
        ParameterGroup(found, config.weight_decay if decayed else 0.0, scale)
        for (scale, decayed), found in members.items()
    ]
    own = list(criterion.parameters())
    return (
        [*groups, ParameterGroup(own, 0.0, CRITERION_RATE_FACTOR, full_precision=True)]
        if own
        else groups
    )


def make_optimiser(
    groups: Sequence[ParameterGroup], weights: Sequence[nn.Parameter]
) -> torch.optim.Optimizer:
    """Return fused AdamW over the weights of every group; its ``scale`` is kept for `set_rate`."""
    settings: list[dict[str, Any]] = [
        {"params": [weight], "weight_decay": group.weight_decay, "scale": group.scale}
        for group, weight in zip(groups, weights, strict=True)
    ]
    return torch.optim.AdamW(settings, fused=True)


def set_rate(optimiser: torch.optim.Optimizer, rate: float) -> None:
    """Set the learning rate of every group to its share of ``rate``."""
    for group in optimiser.param_groups:
        group["lr"] = rate * group["scale"]


def _depth(name: str) -> int | None:
    """Return the layer of a parameter: embeddings 0, encoder layers from 1, None above them."""
    found = _LAYER.search(name)
    if found:
        return int(found[1]) + 1
    return 0 if "embeddings" in name else None
