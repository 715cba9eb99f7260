"""Packed rows: several training examples in one row, each attending only to itself.

Padding costs as much computation as text. On a processor every new batch shape costs extra time,
because oneDNN compiles its matrix products per shape. Packed rows have little padding and few
shapes. On a GPU all examples go into one row, through FlashAttention for sequences of varying
length (`torch.nn.attention.varlen`, torch 2.10).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Literal

import torch
from torch import nn
from transformers import AttentionInterface, AttentionMaskInterface, PreTrainedModel
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import sdpa_mask

from vermeil.errors import ConfigError
from vermeil.student.network.rows import output_rows

VARLEN = "vermeil_varlen"
"""Name under which transformers registers the attention within a single row."""

ROW_MULTIPLE = 64
"""Row lengths on a processor are multiples of this."""

POSITIONS_FROM_ZERO = ("bert", "distilbert", "electra")
POSITIONS_AFTER_PADDING = ("camembert", "roberta", "xlm-roberta")
"""Model families whose position ids start at 0, or at one after the padding id."""


def uses_packed_rows(network: PreTrainedModel, mode: Literal["auto", "varlen", "off"]) -> bool:
    """Return whether training uses packed rows.

    Args:
        network: a token or sequence classifier of transformers.
        mode: the setting ``student.pack``.

    Raises:
        ConfigError: varlen is set, but there is no GPU or the model family does not allow it.
    """
    can_pack, on_gpu = first_position(network) is not None, network.device.type == "cuda"
    if mode == "varlen" and not (can_pack and on_gpu):
        family = network.config.model_type
        reason = "there is no GPU" if can_pack else f"{family} encoders are not supported"
        raise ConfigError(f"student.pack: varlen cannot be used ({reason}); set it to auto")
    return can_pack and (mode == "varlen" or (mode == "auto" and not on_gpu))


def first_position(network: PreTrainedModel) -> int | None:
    """Return the position id of a sequence's first wordpiece; None: the family cannot be packed."""
    family = network.config.model_type
    if family in POSITIONS_FROM_ZERO:
        return 0
    return int(network.config.pad_token_id) + 1 if family in POSITIONS_AFTER_PADDING else None


@contextmanager
def packed_attention(network: PreTrainedModel) -> Iterator[None]:
    """Use the single-row attention within the context, if the network is on a GPU.

    The network still takes padded batches.
    """
    before = network.config._attn_implementation
    if network.device.type == "cuda":
        network.set_attn_implementation(VARLEN)
    try:
        yield
    finally:
        network.set_attn_implementation(before)


def packed_logits(
    network: PreTrainedModel, inputs: dict[str, torch.Tensor], first: int
) -> torch.Tensor:
    """Return the logits of padded examples, computed in packed rows.

    Args:
        network: a token classifier, within `packed_attention`.
        inputs: inputs of a padded batch, each of shape (batch, longest).
        first: position id of a sequence's first wordpiece.

    Returns:
        Shape (batch, longest, classes), with hidden states if the network gives them; 0 at padding.
    """
    mask = inputs["attention_mask"].bool()
    sizes = mask.sum(1)
    one_row = network.device.type == "cuda"
    width = int(sizes.sum())
    offsets = sizes.cumsum(0) - sizes
    if not one_row:
        width, starts = choose_row_length(sizes.tolist())
        offsets = torch.tensor(starts)
    within = mask.cumsum(1) - 1
    flat = (offsets[:, None] + within)[mask]
    rows = -(-int(flat.max() + 1) // width)
    packed: dict[str, Any] = {
        name: flat.new_zeros(rows * width).index_put((flat,), tensor[mask]).view(rows, width)
        for name, tensor in inputs.items()
        if name != "attention_mask"
    }
    positions = flat.new_full((rows * width,), first).index_put((flat,), first + within[mask])
    packed["position_ids"] = positions.view(rows, width)
    if one_row:
        bounds = torch.nn.functional.pad(sizes.cumsum(0, dtype=torch.int32), (1, 0))
        packed |= {"cu_seq_lens_q": bounds, "max_length_q": int(sizes.max())}
    else:
        packed["attention_mask"] = _sequence_mask(flat, mask, rows, width, network.dtype)
    logits = output_rows(network, packed)
    padded = logits.new_zeros((*mask.shape, logits.shape[-1]))
    return padded.index_put((mask,), logits.flatten(0, 1)[flat])


def choose_row_length(sizes: Sequence[int]) -> tuple[int, list[int]]:
    """Return the cheapest row length for some sequences, and the offset of each sequence.

    Longer rows have less padding, but attention costs more: about as much as the rest of a layer
    for rows of 1,000 wordpieces.
    """
    shortest = -(-max(sizes) // ROW_MULTIPLE)
    choices = []
    for width in (n * ROW_MULTIPLE for n in range(shortest, shortest + 3)):
        offsets = fill_rows(sizes, width)
        rows = max(offsets) // width + 1
        choices.append((rows * width * (1 + width / 1024), width, offsets))
    _, width, offsets = min(choices)
    return width, offsets


def fill_rows(sizes: Sequence[int], width: int) -> list[int]:
    """Pack sequences into rows with first-fit decreasing.

    Args:
        sizes: wordpieces of each sequence, at most ``width``.
        width: wordpieces of a row.

    Returns:
        Offset of each sequence, counted over all rows.
    """
    offsets, free = [0] * len(sizes), list[int]()
    for i in sorted(range(len(sizes)), key=lambda i: -sizes[i]):
        row = next((r for r, space in enumerate(free) if space >= sizes[i]), len(free))
        if row == len(free):
            free.append(width)
        offsets[i] = row * width + width - free[row]
        free[row] -= sizes[i]
    return offsets


def _sequence_mask(
    flat: torch.Tensor, mask: torch.Tensor, rows: int, width: int, dtype: torch.dtype
) -> torch.Tensor:
    """Return the additive attention mask: 0 within a sequence; shape (rows, 1, width, width)."""
    numbers = torch.arange(1, len(mask) + 1, device=mask.device)[:, None].expand_as(mask)[mask]
    owner = flat.new_zeros(rows * width).index_put((flat,), numbers).view(rows, width)
    different = owner[:, None, :, None] != owner[:, None, None, :]
    return torch.zeros(different.shape, dtype=dtype, device=mask.device).masked_fill_(
        different, torch.finfo(dtype).min
    )


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
    """Compute attention; query, key and value: (batch, heads, wordpieces, size of a head)."""
    bounds = settings.get("cu_seq_lens_q")
    if bounds is None:
        padded: tuple[torch.Tensor, None] = sdpa_attention_forward(
            module, query, key, value, attention_mask, dropout, scaling, **settings
        )
        return padded
    from torch.nn.attention.varlen import varlen_attn

    q, k, v = (tensor[0].transpose(0, 1) for tensor in (query, key, value))
    longest = settings["max_length_q"]
    attended: torch.Tensor = varlen_attn(  # type: ignore[assignment]  # only with return_aux
        q, k, v, bounds, bounds, longest, longest, scale=scaling
    )
    return attended[None], None


AttentionInterface.register(VARLEN, _attention)
AttentionMaskInterface.register(VARLEN, sdpa_mask)
