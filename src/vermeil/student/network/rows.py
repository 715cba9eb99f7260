"""Output rows of a network: class logits, followed by hidden states if a pair head needs them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from transformers import PreTrainedModel

STATES_KEY = "vermeil_states"
"""Key in the model's config.json: true if a pair head takes the network's hidden states."""


def gives_states(network: PreTrainedModel) -> bool:
    """Return whether the rows of a network end with the hidden states of the last layer."""
    return bool(getattr(network.config, STATES_KEY, False))


def give_states(network: PreTrainedModel) -> None:
    """Add the hidden states of the last layer to the rows of a token classifier."""
    setattr(network.config, STATES_KEY, True)


def output_rows(network: PreTrainedModel, inputs: dict[str, Any]) -> torch.Tensor:
    """Return the rows of a network, shape (batch, positions, classes [+ hidden size]).

    Args:
        network: a token or sequence classifier of transformers.
        inputs: its keyword arguments.
    """
    if not gives_states(network):
        logits: torch.Tensor = network(**inputs).logits
        return logits
    output = network(**inputs, output_hidden_states=True)
    return torch.cat([output.logits, output.hidden_states[-1].to(output.logits.dtype)], dim=-1)
