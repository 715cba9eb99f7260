"""A linear-chain CRF over a document's words: what class follows which (Lafferty et al. 2001).

A sequence of classes y has the score Σ log p(y_t | word t) + Σ T[y_{t-1}, y_t], with p from the
network and T learnt; before the first word and after the last stands class 0 (for ner: O). Words of
which nobody knows the class are summed over (Tsuboi et al. 2008), so abstention stays abstention.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn
from torch.nn import functional

from vermeil.data.example import IGNORED
from vermeil.student.loop.loss import Batch

_IMPOSSIBLE = -1e4


class Crf(nn.Module):
    """The loss of a chain, and the transitions that it learns.

    Args:
        classes: number of classes.
    """

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.transitions = nn.Parameter(torch.zeros(classes, classes))

    def forward(self, logits: torch.Tensor, batch: Batch) -> torch.Tensor:
        """Return the sum over examples of -log p(what is known), times its words' mean weight.

        Args:
            logits: shape (batch, positions, classes).
            batch: of the same shape.
        """
        words = batch.words.clamp_min(0)
        there = batch.words >= 0
        index = words[..., None].expand(-1, -1, logits.shape[-1])
        scores = functional.log_softmax(logits.float(), dim=-1).gather(1, index)
        known = batch.classes.gather(1, words).masked_fill(~there, IGNORED)
        paths = torch.stack([scores, scores + _class_log_evidence(known, batch.soft, index)])
        anything, right = self._log_sums(paths, there)
        counted = known != IGNORED
        weights = (batch.weights.gather(1, words) * counted).sum(1) / counted.sum(1).clamp_min(1)
        loss: torch.Tensor = ((anything - right) * weights).sum()
        return loss

    def _log_sums(self, scores: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Return the log of the sum over all paths, shape (2, batch); scores (2, batch, words, c).

        The forward algorithm, for both sets of scores at once.
        """
        steps = scores.unbind(2)
        sums = self.transitions[0] + steps[0]
        for step, exists in zip(steps[1:], mask.unbind(1)[1:], strict=True):
            longer = torch.logsumexp(sums[..., :, None] + self.transitions, dim=-2) + step
            sums = torch.where(exists[None, :, None], longer, sums)
        return torch.logsumexp(sums + self.transitions[:, 0], dim=-1)

    def as_lists(self) -> list[list[float]]:
        """The transitions, for JSON: from each class to each class."""
        lists: list[list[float]] = self.transitions.detach().cpu().tolist()
        return lists

    @classmethod
    def from_lists(cls, transitions: Sequence[Sequence[float]]) -> Crf:
        """Return the CRF with these transitions."""
        crf = cls(len(transitions))
        with torch.no_grad():
            crf.transitions.copy_(torch.tensor(transitions))
        return crf


def _class_log_evidence(
    known: torch.Tensor, soft: torch.Tensor | None, index: torch.Tensor
) -> torch.Tensor:
    """Return what speaks for each class of each word, as logarithm; 0 for all where unknown."""
    if soft is None:
        chosen = functional.one_hot(known.clamp_min(0), index.shape[-1]).float()
    else:
        chosen = soft.gather(1, index)
    evidence = chosen.log().clamp_min(_IMPOSSIBLE)
    return evidence.masked_fill((known == IGNORED)[..., None], 0.0)
