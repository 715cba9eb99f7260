"""Check of the weights that transformers loaded: names, shapes, finiteness and label map."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from transformers import PreTrainedModel

_MAX_NAMES = 3
_POOLER = "pooler"
"""Layer over the first wordpiece. Published encoders may lack it, and training then creates it."""


def student_problem(network: PreTrainedModel, loaded: Mapping[str, Any]) -> str | None:
    """Return what is wrong with the weights of a saved student; None if all are as expected.

    Args:
        network: the network.
        loaded: the report of ``from_pretrained`` (``output_loading_info``).
    """
    missing, other = loaded["missing_keys"], _mismatched(loaded)
    return (
        _problem("the file of weights lacks", missing)
        or _problem("weights have another shape than config.json states:", other)
        or _problem("config.json has no place for the weights", loaded["unexpected_keys"])
        or _errors(loaded)
        or _not_finite(network)
    )


def encoder_problem(network: PreTrainedModel, loaded: Mapping[str, Any]) -> str | None:
    """Return what is wrong with the weights of a pretrained encoder; None if it is complete.

    The head may be new, and so may be a pooler. Weights that the network does not use are ignored.

    Args:
        network: the encoder with a head.
        loaded: the report of ``from_pretrained`` (``output_loading_info``).
    """
    missing = [name for name in loaded["missing_keys"] if _is_of_encoder(network, name)]
    other = [name for name in _mismatched(loaded) if _is_of_encoder(network, name)]
    return (
        _problem("the file of weights lacks", missing)
        or _problem("weights have another shape than config.json states:", other)
        or _errors(loaded)
        or _not_finite(network)
    )


def label_problem(id2label: Mapping[int, str], classes: tuple[str, ...]) -> str | None:
    """Return how the label map of a network differs from the classes; None if it does not."""
    found = [id2label[i] for i in sorted(id2label)]
    if sorted(id2label) == list(range(len(classes))) and found == list(classes):
        return None
    return (
        f"id2label in config.json has the classes {', '.join(map(str, found[:20]))}, but "
        f"vermeil.json has {', '.join(classes[:20])}"
    )


def _is_of_encoder(network: PreTrainedModel, name: str) -> bool:
    return name.startswith(f"{network.base_model_prefix}.") and _POOLER not in name.split(".")


def _mismatched(loaded: Mapping[str, Any]) -> list[str]:
    return [str(entry[0]) for entry in loaded["mismatched_keys"]]


def _errors(loaded: Mapping[str, Any]) -> str | None:
    errors = loaded["error_msgs"]
    return str(errors[0]) if errors else None


def _not_finite(network: PreTrainedModel) -> str | None:
    names = [name for name, value in network.state_dict().items() if not _is_finite(value)]
    return _problem("weights are not finite numbers (NaN or infinite):", names)


def _is_finite(value: torch.Tensor) -> bool:
    if not value.is_floating_point() or not value.numel():
        return True
    extremes = torch.stack(torch.aminmax(value))  # unlike isfinite, needs no memory; keeps NaN
    return bool(torch.isfinite(extremes).all())


def _problem(what: str, names: Collection[str]) -> str | None:
    if not names:
        return None
    ordered = sorted(names)
    more = len(ordered) - _MAX_NAMES
    rest = f" and {more} more" if more > 0 else ""
    return f"{what} {', '.join(ordered[:_MAX_NAMES])}{rest}"
