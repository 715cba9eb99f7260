"""Training only the word embeddings that occur: exact for them, and much cheaper.

An embedding table holds one row per wordpiece of the vocabulary, mostly of wordpieces that the
training data never shows. Their gradients are zero, but a dense optimiser step reads and writes
all of them. Here the rows that occur are cut out into a small table for the time of training and
put back afterwards; the others stay as they were.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from transformers import PreTrainedModel


@dataclass(frozen=True, slots=True)
class CompactVocabulary:
    """The network's word embeddings while they are few.

    Args:
        remap: int64, shape (vocabulary,): row of the small table for each wordpiece id that occurs.
        full_vocabulary: gives the context in which the network has all its word embeddings, as they are.
    """

    remap: NDArray[np.int64]
    full_vocabulary: Callable[[], AbstractContextManager[None]]


@contextmanager
def compact_vocabulary(
    network: PreTrainedModel, occurring: Iterable[NDArray[np.int64]], padding: int
) -> Iterator[CompactVocabulary]:
    """Shrink the network's word embeddings to the wordpieces that occur, and grow them back.

    Args:
        network: a transformers model.
        occurring: arrays of wordpiece ids.
        padding: id of the padding wordpiece, which is always kept.

    Yields:
        Where the rows of the wordpieces are.
    """
    full = network.get_input_embeddings()
    if not isinstance(full, nn.Embedding):
        yield CompactVocabulary(np.arange(int(network.config.vocab_size)), nullcontext)
        return
    ids = np.unique(np.concatenate([np.array([padding], np.int64), *occurring]))
    rows = torch.from_numpy(ids).to(full.weight.device)
    remap = np.zeros(full.num_embeddings, np.int64)
    remap[ids] = np.arange(len(ids))
    small = nn.Embedding(len(ids), full.embedding_dim, padding_idx=int(remap[padding]))
    small = small.to(full.weight.device, full.weight.dtype)
    with torch.no_grad():
        small.weight.copy_(full.weight[rows])

    @contextmanager
    def whole() -> Iterator[None]:
        with torch.no_grad():
            full.weight[rows] = small.weight
        network.set_input_embeddings(full)
        try:
            yield
        finally:
            network.set_input_embeddings(small)

    network.set_input_embeddings(small)
    try:
        yield CompactVocabulary(remap, whole)
    finally:
        with torch.no_grad():
            full.weight[rows] = small.weight
        network.set_input_embeddings(full)
