"""Padding-free training: the examples of a step in one row, each attending to itself alone.

Padding is computed like text. On a GPU a row without it goes through FlashAttention for sequences
of varying length (`torch.nn.attention.varlen`, torch 2.10). On a processor, where sorted batches
hold little padding, this is slower than padding; there it computes the same, sequence by sequence.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

import torch
from torch import nn
from torch.nn import functional
from transformers import AttentionInterface, AttentionMaskInterface, PreTrainedModel
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import sdpa_mask

from vermeil.errors import ConfigError
from vermeil.student.loss import Batch

PACKED = "vermeil_packed"
"""Name of the attention among those of transformers."""

FROM_ZERO = ("bert", "distilbert", "electra")
AFTER_PADDING = ("camembert", "roberta", "xlm-roberta")
"""Families by where their positions begin: at 0, or one after the id of the padding."""


def first_position(network: PreTrainedModel) -> int:
    """Return the position of a sequence's first wordpiece.

    Raises:
        ConfigError: encoders of this family cannot be trained without padding.
    """
    family = network.config.model_type
    if family in FROM_ZERO:
        return 0
    if family in AFTER_PADDING:
        return int(network.config.pad_token_id) + 1
    known = ", ".join((*FROM_ZERO, *AFTER_PADDING))
    raise ConfigError(f"student.padding_free: {family} encoders need padding; this is for {known}")


def pack(batch: Batch, first: int) -> Batch:
    """Put padded examples into one row, without the padding.

    Args:
        batch: with a class per wordpiece.
        first: the position of a sequence's first wordpiece.

    Returns:
        The same with 1 as batch size. The inputs say where the sequences begin and end.
    """
    padded = dict(batch.inputs)
    kept = padded.pop("attention_mask").bool()
    sizes = kept.sum(1)
    bounds = functional.pad(sizes.cumsum(0, dtype=torch.int32), (1, 0))
    inputs: dict[str, Any] = {name: one[kept].unsqueeze(0) for name, one in padded.items()}
    inputs["position_ids"] = first + (kept.cumsum(1) - 1)[kept][None]
    inputs |= {"cu_seq_lens_q": bounds, "max_length_q": int(sizes.max())}
    words = (batch.words + bounds[:-1, None])[batch.words >= 0]
    soft = None if batch.soft is None else batch.soft[kept][None]
    return Batch(inputs, batch.classes[kept][None], batch.weights[kept][None], words[None], soft)


@contextmanager
def packed_attention(network: PreTrainedModel) -> Iterator[None]:
    """Let a network take rows of `pack`, and padded batches as before, for a time."""
    before = network.config._attn_implementation
    network.set_attn_implementation(PACKED)
    try:
        yield
    finally:
        network.set_attn_implementation(before)


def _attention(
    module: nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    scaling: float | None = None,
    dropout: float = 0.0,
    **settings: Any,
) -> tuple[torch.Tensor, torch.Tensor | None]:
    """Attend; query, key and value have the shape (batch, heads, wordpieces, size of a head)."""
    bounds = settings.get("cu_seq_lens_q")
    if bounds is None:
        result: tuple[torch.Tensor, None] = sdpa_attention_forward(
            module, query, key, value, attention_mask, dropout, scaling, **settings
        )
        return result
    if query.is_cuda:
        from torch.nn.attention.varlen import varlen_attn

        q, k, v = (one[0].transpose(0, 1) for one in (query, key, value))
        longest = settings["max_length_q"]
        attended: torch.Tensor = varlen_attn(  # type: ignore[assignment]  # only with return_aux
            q, k, v, bounds, bounds, longest, longest, scale=scaling
        )
        return attended[None], None
    parts = [
        functional.scaled_dot_product_attention(
            query[..., a:b, :], key[..., a:b, :], value[..., a:b, :], scale=scaling
        )
        for a, b in pairwise(bounds.tolist())
    ]
    return torch.cat(parts, dim=2).transpose(1, 2), None


AttentionInterface.register(PACKED, _attention)
AttentionMaskInterface.register(PACKED, sdpa_mask)
