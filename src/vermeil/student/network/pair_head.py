"""The pair head: classes of pairs of labelled word ranges, from the encoder's hidden states.

A pair is represented by the hidden states of the first and last word of both spans, an embedding of
both labels, an embedding of their signed distance, and the words between them, pooled by a trained
attention. The first layer of the head is linear in each of these parts. It is therefore computed
once per word, and its results are summed per pair.

Sources: M. Eberts and A. Ulges, Span-based Joint Entity and Relation Extraction with Transformer
Pre-training (ECAI 2020): context between the spans, wrong spans as negatives; Z. Zhong and
D. Chen, A Frustratingly Easy Approach for Entity and Relation Extraction (NAACL 2021): labels of
both spans as input.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from vermeil.student.encoding.pairs import DISTANCES
from vermeil.student.inference.pair_scorer import ATTENTION_RANGE, PARTS, PairScorer

WIDTH = 256
"""Size of the hidden layer."""


@dataclass(frozen=True, slots=True)
class PairBatch:
    """Pairs of several texts.

    Args:
        rows: int64, shape (pairs,): text of each pair.
        heads: int64, shape (pairs, 3): first word, one past the last word, number of the label.
        tails: int64, shape (pairs, 3): likewise.
        distances: int64, shape (pairs,): class of the signed distance.
        classes: int64, shape (pairs,): correct class.
        weights: float32, shape (pairs,): loss weight.
    """

    rows: torch.Tensor
    heads: torch.Tensor
    tails: torch.Tensor
    distances: torch.Tensor
    classes: torch.Tensor
    weights: torch.Tensor


class PairHead(nn.Module):
    """A layer over pairs of spans.

    Args:
        hidden: size of the encoder's hidden states.
        mask: bool, shape (labels, labels, classes): allowed classes by the labels of both spans.
        dropout: dropout of the hidden states and of the hidden layer.
    """

    mask: torch.Tensor

    def __init__(self, hidden: int, mask: NDArray[np.bool_], dropout: float) -> None:
        super().__init__()
        labels, _, classes = mask.shape
        self.words = nn.Linear(hidden, PARTS * WIDTH, bias=False)
        self.attention = nn.Linear(hidden, 1)
        self.labels = nn.Embedding(labels * labels, WIDTH)
        self.distance = nn.Embedding(DISTANCES, WIDTH)
        self.output = nn.Linear(WIDTH, classes)
        self.dropout = nn.Dropout(dropout)
        self.register_buffer("mask", torch.from_numpy(mask.copy()), persistent=False)
        for embedding in (self.labels, self.distance):
            nn.init.normal_(embedding.weight, std=0.1)

    def forward(self, states: torch.Tensor, pairs: PairBatch) -> torch.Tensor:
        """Return the logits of the pairs, shape (pairs, classes); very low where not allowed.

        Args:
            states: hidden state of each word, shape (texts, words, hidden).
            pairs: the pairs.
        """
        states = self.dropout(states.float())
        parts = self.words(states).unflatten(-1, (PARTS, WIDTH))
        rows, heads, tails = pairs.rows, pairs.heads, pairs.tails
        hidden = (
            parts[rows, heads[:, 0], 0]
            + parts[rows, heads[:, 1] - 1, 1]
            + parts[rows, tails[:, 0], 2]
            + parts[rows, tails[:, 1] - 1, 3]
            + self._context(states, parts[:, :, 4], pairs)
            + self.labels(heads[:, 2] * len(self.mask) + tails[:, 2])
            + self.distance(pairs.distances)
        )
        logits: torch.Tensor = self.output(self.dropout(functional.silu(hidden)))
        return logits.masked_fill(~self.mask[heads[:, 2], tails[:, 2]], -1e4)

    def _context(
        self, states: torch.Tensor, values: torch.Tensor, pairs: PairBatch
    ) -> torch.Tensor:
        """Return the weighted mean of the words between both spans; 0 if there is none."""
        strength = ATTENTION_RANGE * torch.tanh(self.attention(states))
        powers = torch.exp(strength)
        sums = functional.pad(
            torch.cumsum(torch.cat([powers * values, powers], -1), 1), (0, 0, 1, 0)
        )
        first = torch.minimum(pairs.heads[:, 1], pairs.tails[:, 1])
        last = torch.maximum(torch.maximum(pairs.heads[:, 0], pairs.tails[:, 0]), first)
        difference = sums[pairs.rows, last] - sums[pairs.rows, first]
        mean = difference[:, :-1] / difference[:, -1:].clamp_min(1e-6)
        return torch.where((last > first)[:, None], mean, 0.0)

    def loss(self, states: torch.Tensor, pairs: PairBatch) -> torch.Tensor:
        """Return the weighted sum of the cross-entropies of the pairs."""
        losses = functional.cross_entropy(self(states, pairs), pairs.classes, reduction="none")
        return (losses * pairs.weights).sum()

    def scorer(self) -> PairScorer:
        """Return the head in numpy, for prediction."""
        weights = {name: value.detach().cpu().numpy() for name, value in self.state_dict().items()}
        return PairScorer({n: w.copy() for n, w in weights.items()}, self.mask.cpu().numpy())

    @classmethod
    def from_arrays(
        cls, arrays: Mapping[str, NDArray[np.float32]], mask: NDArray[np.bool_], dropout: float
    ) -> PairHead:
        """Return a head with the weights of a `PairScorer`.

        Args:
            arrays: the weights, by name; checked by `PairScorer`.
            mask: as for the constructor.
            dropout: as for the constructor.
        """
        head = cls(arrays["attention.weight"].shape[1], mask, dropout)
        head.load_state_dict({name: torch.from_numpy(a.copy()) for name, a in arrays.items()})
        return head
