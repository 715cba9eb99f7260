"""A compact embedding table with only the wordpieces that occur in the training data.

Most rows of an embedding table belong to wordpieces that do not occur in the training data. Their
gradients are zero, but a dense optimiser step reads and writes all of them. The rows that occur are
copied into a small table for training and copied back afterwards; the others do not change.
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
    """The compact embedding table of a network in training.

    Args:
        remap: int64, shape (vocabulary,): row of the small table for each wordpiece id that
            occurs.
        full_vocabulary: returns a context in which the network has its full embedding table, with
            the current weights.
    """

    remap: NDArray[np.int64]
    full_vocabulary: Callable[[], AbstractContextManager[None]]


@contextmanager
def compact_vocabulary(
    network: PreTrainedModel, occurring: Iterable[NDArray[np.int64]], padding: int
) -> Iterator[CompactVocabulary]:
    """Replace the network's embedding table by a compact one within the context.

    Args:
        network: a transformers model.
        occurring: arrays of wordpiece ids.
        padding: id of the padding wordpiece, which is always in the table.

    Yields:
        The row of each wordpiece, and the context with the full table.
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
    def full_vocabulary() -> Iterator[None]:
        with torch.no_grad():
            full.weight[rows] = small.weight
        network.set_input_embeddings(full)
        try:
            yield
        finally:
            network.set_input_embeddings(small)

    network.set_input_embeddings(small)
    try:
        yield CompactVocabulary(remap, full_vocabulary)
    finally:
        with torch.no_grad():
            full.weight[rows] = small.weight
        network.set_input_embeddings(full)
