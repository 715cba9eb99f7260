"""Masked language modelling of the embedded encoder on plain text, before any label."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from pathlib import Path

import torch
from torch import nn

from vermeil.student.config import StudentConfig
from vermeil.student.network.encoder import find_encoder
from vermeil.student.network.network import load_network, load_tokenizer

MASKED, RATE, BATCH = 0.15, 2e-4, 32


class MaskedWords(nn.Module):
    """An encoder with a head that predicts the wordpiece of a masked place.

    The embedded encoder has no head of its own: a new layer is trained, and the output is compared
    with the encoder's word embeddings.
    """

    def __init__(self, encoder: nn.Module, hidden: int, vocabulary: int) -> None:
        super().__init__()
        self.encoder = encoder
        self.layer = nn.Sequential(nn.Linear(hidden, hidden), nn.GELU(), nn.LayerNorm(hidden))
        self.bias = nn.Parameter(torch.zeros(vocabulary))

    def forward(self, ids: torch.Tensor, mask: torch.Tensor, places: torch.Tensor) -> torch.Tensor:
        states = self.encoder(input_ids=ids, attention_mask=mask).last_hidden_state[places]
        words = self.encoder.get_input_embeddings().weight
        return nn.functional.linear(self.layer(states), words, self.bias)


def train_on_masked_words(texts: Sequence[str], folder: Path, passes: int, seed: int = 0) -> None:
    """Train the embedded encoder to restore masked wordpieces, and save it.

    Args:
        texts: plain texts.
        folder: of the encoder that is written.
        passes: passes over the texts.
        seed: draws masks and order.
    """
    torch.manual_seed(seed)
    generator = random.Random(seed)
    source = find_encoder(StudentConfig().encoder)
    tokenizer = load_tokenizer(source)
    network = load_network(source, "token", ("O",), 0.1, None)
    encoder = network.base_model
    model = MaskedWords(encoder, network.config.hidden_size, network.config.vocab_size).train()
    rows = list(tokenizer(list(texts), truncation=True, max_length=128)["input_ids"])
    optimiser = torch.optim.AdamW(model.parameters(), lr=RATE, weight_decay=0.01)
    batches = [b for _ in range(passes) for b in _batches(rows, generator)]
    for step, batch in enumerate(batches):
        for group in optimiser.param_groups:
            group["lr"] = RATE * min(1.0, 10 * step / len(batches)) * (1 - step / len(batches))
        ids, mask, places, wanted = _masked(batch, tokenizer, generator)
        with torch.autocast("cpu", torch.bfloat16):
            loss = nn.functional.cross_entropy(model(ids, mask, places).float(), wanted)
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        if step % 50 == 0:
            print(
                f"masked words: step {step} of {len(batches)}, loss {loss.item():.3f}", flush=True
            )
    encoder.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def _batches(rows: Sequence[list[int]], generator: random.Random) -> Iterator[list[list[int]]]:
    """Yield batches of rows of similar length, in random order."""
    ordered = sorted(rows, key=lambda row: (len(row), generator.random()))
    batches = [ordered[i : i + BATCH] for i in range(0, len(ordered), BATCH)]
    generator.shuffle(batches)
    yield from batches


def _masked(
    batch: Sequence[list[int]], tokenizer: object, generator: random.Random
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return wordpieces, attention mask, masked places and what stood there."""
    padding, masked = tokenizer.pad_token_id, tokenizer.mask_token_id  # type: ignore[attr-defined]
    width = max(map(len, batch))
    ids = torch.tensor([row + [padding] * (width - len(row)) for row in batch])
    mask = (ids != padding).long()
    chosen = torch.zeros_like(ids, dtype=torch.bool)
    for number, row in enumerate(batch):
        inner = range(1, len(row) - 1)
        count = max(1, round(MASKED * len(inner)))
        chosen[number, generator.sample(inner, min(count, len(inner)))] = True
    wanted = ids[chosen]
    kept = torch.tensor([generator.random() < 0.1 for _ in range(len(wanted))])
    ids[chosen] = torch.where(kept, wanted, torch.full_like(wanted, masked))
    return ids, mask, chosen, wanted
