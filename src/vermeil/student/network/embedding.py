"""Sentence embeddings: the mean of the encoder's hidden states over wordpieces.

The embedded encoder was trained for this pooling.

Source: N. Reimers and I. Gurevych, Sentence-BERT (EMNLP 2019): mean pooling, cosine similarity.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import AutoModel

from vermeil.data.progress import Progress, silent
from vermeil.student.network.device import pick_device
from vermeil.student.network.encoder import find_encoder
from vermeil.student.network.network import (
    load_tokenizer,
    quiet_transformers,
    translate_load_errors,
)

MAX_WORDPIECES = 256
"""Maximum wordpieces of a text: the training length of the embedded encoder."""

_BATCH = 32
"""Texts of a batch of `embed_texts`."""

_DECIMALS = 5
"""Decimals of a similarity; rounding keeps the last bits of a sum from deciding the order."""


class TextIndex:
    """Index of texts by similarity of their sentence embeddings.

    Each text is embedded in a batch of its own, so that its embedding does not depend on other
    texts. The nearest texts become demonstrations in a prompt, which is part of the request key.

    Args:
        texts: texts to search.
        encoder: ``embedded``, a folder, or a Hub id.

    Raises:
        ConfigError: torch or transformers is not installed.
        EncoderNotFoundError: the encoder cannot be loaded.
    """

    def __init__(self, texts: Sequence[str], encoder: str) -> None:
        self._tokenizer, self._network, self._max_wordpieces = _load(encoder)
        self._embeddings = np.stack([self.embed(text) for text in texts])

    def embed(self, text: str) -> NDArray[np.float32]:
        """Return the normalised embedding of a text: float32, shape (hidden size,)."""
        inputs = self._tokenizer(
            text or " ", truncation=True, max_length=self._max_wordpieces, return_tensors="pt"
        )
        with torch.inference_mode(), _one_thread():
            states = self._network(**inputs).last_hidden_state[0]
        mean: NDArray[np.float32] = states.float().mean(dim=0).numpy()
        return mean / max(float(np.linalg.norm(mean)), 1e-12)

    def nearest(self, text: str) -> list[int]:
        """Return the positions of all texts, most similar first; ties in order of position."""
        similarity = np.round(self._embeddings @ self.embed(text), _DECIMALS)
        return [int(i) for i in np.argsort(-similarity, kind="stable")]


def embed_texts(
    texts: Sequence[str], encoder: str, progress: Progress = silent
) -> NDArray[np.float32]:
    """Return the normalised embeddings of many texts, in batches of similar length.

    The batches are faster than `TextIndex`, and change the last bits of an embedding.

    Args:
        texts: texts of any length; longer ones are cut after `MAX_WORDPIECES`.
        encoder: ``embedded``, a folder, or a Hub id.
        progress: called after every batch with the number of texts.

    Returns:
        float32, shape (texts, hidden size).

    Raises:
        ConfigError: torch or transformers is not installed.
        EncoderNotFoundError: the encoder cannot be loaded.
    """
    tokenizer, network, max_wordpieces = _load(encoder)
    device = pick_device()
    network.to(device)
    embeddings = np.zeros((len(texts), int(network.config.hidden_size)), np.float32)
    order = sorted(range(len(texts)), key=lambda number: len(texts[number]))
    for start in range(0, len(order), _BATCH):
        numbers = order[start : start + _BATCH]
        inputs = tokenizer(
            [texts[number] or " " for number in numbers],
            truncation=True,
            max_length=max_wordpieces,
            padding=True,
            return_tensors="pt",
        ).to(device)
        with torch.inference_mode():
            states = network(**inputs).last_hidden_state.float()
        mask = inputs["attention_mask"].unsqueeze(-1).float()
        means = (states * mask).sum(dim=1) / mask.sum(dim=1).clamp(min=1)
        embeddings[numbers] = torch.nn.functional.normalize(means, dim=1).cpu().numpy()
        progress("embed", start + len(numbers), len(texts), {})
    return embeddings


def _load(encoder: str) -> tuple[Any, Any, int]:
    """Return the tokenizer and the network of an encoder, and its maximum of wordpieces."""
    source = find_encoder(encoder)
    tokenizer = load_tokenizer(source)
    with quiet_transformers(), translate_load_errors(source):
        network: Any = AutoModel.from_pretrained(source, trust_remote_code=False)
    network.train(False)
    return tokenizer, network, min(MAX_WORDPIECES, network.config.max_position_embeddings - 2)


@contextmanager
def _one_thread() -> Iterator[None]:
    """Compute on one thread: faster for a single text, and sums do not depend on the machine."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
