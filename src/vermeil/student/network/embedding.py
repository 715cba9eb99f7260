"""Sentence embeddings: the mean of an encoder's wordpieces, as the embedded encoder was made for.

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

from vermeil.student.network.encoder import find_encoder
from vermeil.student.network.network import load_tokenizer, loads_pretrained, quiet

MAX_WORDPIECES = 256
"""Wordpieces of a text that are looked at: what the embedded encoder was trained on."""

_DECIMALS = 5
"""Similarities are rounded, so that the last bits of a sum do not decide who is nearer."""


class TextIndex:
    """Finds, among some texts, those that are most like another one.

    Every text is embedded by itself, so that its embedding does not depend on its company: who is
    shown to the teacher is part of what identifies a reply.

    Args:
        texts: what is searched.
        encoder: ``embedded``, a folder, or a Hub id.

    Raises:
        ConfigError: torch or transformers is not installed.
        EncoderNotFoundError: there is no such encoder.
    """

    def __init__(self, texts: Sequence[str], encoder: str) -> None:
        source = find_encoder(encoder)
        self._tokenizer = load_tokenizer(source)
        with quiet(), loads_pretrained(source):
            self._network: Any = AutoModel.from_pretrained(source, trust_remote_code=False)
        self._network.train(False)
        self._max_wordpieces = min(MAX_WORDPIECES, self._network.config.max_position_embeddings - 2)
        self._embeddings = np.stack([self.embed(text) for text in texts])

    def embed(self, text: str) -> NDArray[np.float32]:
        """Return the embedding of a text: float32 of the encoder's width, of length 1."""
        inputs = self._tokenizer(
            text or " ", truncation=True, max_length=self._max_wordpieces, return_tensors="pt"
        )
        with torch.inference_mode(), _one_thread():
            states = self._network(**inputs).last_hidden_state[0]
        mean: NDArray[np.float32] = states.float().mean(dim=0).numpy()
        return mean / max(float(np.linalg.norm(mean)), 1e-12)

    def nearest(self, text: str) -> list[int]:
        """Return the positions of all texts, the most similar first; equals in their own order."""
        similarity = np.round(self._embeddings @ self.embed(text), _DECIMALS)
        return [int(i) for i in np.argsort(-similarity, kind="stable")]


@contextmanager
def _one_thread() -> Iterator[None]:
    """Compute on one thread: a single text is too small for more, and sums come out the same."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
