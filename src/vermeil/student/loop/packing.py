"""Training on packed rows: several examples side by side in one row, each attending to itself.

Padding is computed like text, and every new shape of a batch costs a processor time of its own:
oneDNN compiles its matrix products for each shape anew. Packed rows have little padding and few
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

VARLEN = "vermeil_varlen"
"""Name of the attention within a single row, among those of transformers."""

ROW_MULTIPLE = 64
"""Rows are multiples of this length on a processor."""

POSITIONS_FROM_ZERO = ("bert", "distilbert", "electra")
POSITIONS_AFTER_PADDING = ("camembert", "roberta", "xlm-roberta")
"""Families by where their positions begin: at 0, or one after the id of the padding."""


def uses_packed_rows(network: PreTrainedModel, wanted: Literal["auto", "varlen", "off"]) -> bool:
    """Return whether training is to go over packed rows.

    Raises:
        ConfigError: varlen is wanted where it cannot be.
    """
    is_able, on_gpu = first_position(network) is not None, network.device.type == "cuda"
    if wanted == "varlen" and not (is_able and on_gpu):
        reason = "there is no graphics card" if is_able else f"not with {network.config.model_type}"
        raise ConfigError(f"student.pack: varlen cannot be used, {reason}; take auto")
    return is_able and (wanted == "varlen" or (wanted == "auto" and not on_gpu))


def first_position(network: PreTrainedModel) -> int | None:
    """Return the position of a sequence's first wordpiece; None: this family cannot be packed."""
    family = network.config.model_type
    if family in POSITIONS_FROM_ZERO:
        return 0
    return int(network.config.pad_token_id) + 1 if family in POSITIONS_AFTER_PADDING else None


@contextmanager
def packed_attention(network: PreTrainedModel) -> Iterator[None]:
    """Let a network on a GPU take single rows, and padded batches as before, for a time."""
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
        network: within `packed_attention`.
        inputs: of a padded batch, each of shape (batch, longest).
        first: the position of a sequence's first wordpiece.

    Returns:
        Shape (batch, longest, classes); 0 at padding.
    """
    kept = inputs["attention_mask"].bool()
    sizes = kept.sum(1)
    one_row = network.device.type == "cuda"
    width = int(sizes.sum())
    offsets = sizes.cumsum(0) - sizes
    if not one_row:
        width, places = choose_row_length(sizes.tolist())
        offsets = torch.tensor(places)
    within = kept.cumsum(1) - 1
    flat = (offsets[:, None] + within)[kept]
    rows = -(-int(flat.max() + 1) // width)
    packed: dict[str, Any] = {
        name: flat.new_zeros(rows * width).index_put((flat,), one[kept]).view(rows, width)
        for name, one in inputs.items()
        if name != "attention_mask"
    }
    positions = flat.new_full((rows * width,), first).index_put((flat,), first + within[kept])
    packed["position_ids"] = positions.view(rows, width)
    if one_row:
        bounds = torch.nn.functional.pad(sizes.cumsum(0, dtype=torch.int32), (1, 0))
        packed |= {"cu_seq_lens_q": bounds, "max_length_q": int(sizes.max())}
    else:
        packed["attention_mask"] = _sequence_mask(flat, kept, rows, width, network.dtype)
    found: torch.Tensor = network(**packed).logits
    spread = found.new_zeros((*kept.shape, found.shape[-1]))
    return spread.index_put((kept,), found.flatten(0, 1)[flat])


def choose_row_length(sizes: Sequence[int]) -> tuple[int, list[int]]:
    """Return the length of rows that is cheapest for these sequences, and where each begins.

    Of longer rows fewer wordpieces stay empty, but attention costs more: about as much as the rest
    of a layer for rows of a thousand.
    """
    shortest = -(-max(sizes) // ROW_MULTIPLE)
    found = []
    for width in (n * ROW_MULTIPLE for n in range(shortest, shortest + 3)):
        places = fill_rows(sizes, width)
        rows = max(places) // width + 1
        found.append((rows * width * (1 + width / 1024), width, places))
    _, width, places = min(found)
    return width, places


def fill_rows(sizes: Sequence[int], width: int) -> list[int]:
    """Put sequences into as few rows as first-fit finds, the longest first.

    Args:
        sizes: wordpieces of each sequence, at most ``width``.
        width: wordpieces of a row.

    Returns:
        Where each sequence begins, counted over all rows.
    """
    places, rooms = [0] * len(sizes), list[int]()
    for i in sorted(range(len(sizes)), key=lambda i: -sizes[i]):
        row = next((r for r, room in enumerate(rooms) if room >= sizes[i]), len(rooms))
        if row == len(rooms):
            rooms.append(width)
        places[i] = row * width + width - rooms[row]
        rooms[row] -= sizes[i]
    return places


def _sequence_mask(
    flat: torch.Tensor, kept: torch.Tensor, rows: int, width: int, dtype: torch.dtype
) -> torch.Tensor:
    """Return what is added to attention: 0 within a sequence; shape (rows, 1, width, width)."""
    numbers = torch.arange(1, len(kept) + 1, device=kept.device)[:, None].expand_as(kept)[kept]
    owner = flat.new_zeros(rows * width).index_put((flat,), numbers).view(rows, width)
    apart = owner[:, None, :, None] != owner[:, None, None, :]
    return torch.zeros(apart.shape, dtype=dtype, device=kept.device).masked_fill_(
        apart, torch.finfo(dtype).min
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
    """Attend; query, key and value have the shape (batch, heads, wordpieces, size of a head)."""
    bounds = settings.get("cu_seq_lens_q")
    if bounds is None:
        padded: tuple[torch.Tensor, None] = sdpa_attention_forward(
            module, query, key, value, attention_mask, dropout, scaling, **settings
        )
        return padded
    from torch.nn.attention.varlen import varlen_attn

    q, k, v = (one[0].transpose(0, 1) for one in (query, key, value))
    longest = settings["max_length_q"]
    attended: torch.Tensor = varlen_attn(  # type: ignore[assignment]  # only with return_aux
        q, k, v, bounds, bounds, longest, longest, scale=scaling
    )
    return attended[None], None


AttentionInterface.register(VARLEN, _attention)
AttentionMaskInterface.register(VARLEN, sdpa_mask)
