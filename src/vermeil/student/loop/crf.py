"""A linear-chain CRF over a document's words (Lafferty et al. 2001).

A sequence of classes y has the score Σ log p(y_t | word t) + Σ T[y_{t-1}, y_t], with p from the
network and T trained. Class 0 (for ner: O) precedes the first word and follows the last. The loss
sums over all classes of words whose class is unknown (Tsuboi et al. 2008), so an abstention favours
no class. A word that was not annotated for some labels may have any of their classes, too
(Greenberg et al. 2018).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn
from torch.nn import functional

from vermeil.data.example import IGNORED
from vermeil.student.loop.loss import Batch

_IMPOSSIBLE = -1e4
"""Log probability of an impossible class: finite, so that gradients stay finite."""


class Crf(nn.Module):
    """The negative log-likelihood of a linear chain, with trained transitions.

    Args:
        classes: number of classes.
    """

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.transitions = nn.Parameter(torch.zeros(classes, classes))

    def forward(self, logits: torch.Tensor, batch: Batch) -> torch.Tensor:
        """Return the sum over examples of -log p(known classes) times the mean weight of the words.

        Args:
            logits: shape (batch, positions, classes).
            batch: targets and weights of the same positions.
        """
        words = batch.words.clamp_min(0)
        exists = batch.words >= 0
        index = words[..., None].expand(-1, -1, logits.shape[-1])
        scores = functional.log_softmax(logits.float(), dim=-1).gather(1, index)
        known = batch.classes.gather(1, words).masked_fill(~exists, IGNORED)
        evidence = _class_log_evidence(known, batch.soft, index)
        if batch.unknown is not None:
            unknown = batch.unknown.gather(1, index)
            evidence = evidence.masked_fill(unknown, 0.0)
        paths = torch.stack([scores, scores + evidence])
        all_paths, known_paths = self._log_sums(paths, exists)
        counted = known != IGNORED
        weights = (batch.weights.gather(1, words) * counted).sum(1) / counted.sum(1).clamp_min(1)
        loss: torch.Tensor = ((all_paths - known_paths) * weights).sum()
        return loss

    def _log_sums(self, scores: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Return the log of the sum over all paths, shape (2, batch); scores (2, batch, words, c).

        The forward algorithm, for both sets of scores at once.
        """
        steps = scores.unbind(2)
        sums = self.transitions[0] + steps[0]
        for step, is_word in zip(steps[1:], mask.unbind(1)[1:], strict=True):
            longer = torch.logsumexp(sums[..., :, None] + self.transitions, dim=-2) + step
            sums = torch.where(is_word[None, :, None], longer, sums)
        return torch.logsumexp(sums + self.transitions[:, 0], dim=-1)

    def as_lists(self) -> list[list[float]]:
        """Return the transitions from each class to each class, for JSON."""
        lists: list[list[float]] = self.transitions.detach().cpu().tolist()
        return lists

    @classmethod
    def from_lists(cls, transitions: Sequence[Sequence[float]]) -> Crf:
        """Return a CRF with these transitions."""
        crf = cls(len(transitions))
        with torch.no_grad():
            crf.transitions.copy_(torch.tensor(transitions))
        return crf


def _class_log_evidence(
    known: torch.Tensor, soft: torch.Tensor | None, index: torch.Tensor
) -> torch.Tensor:
    """Return the log probability of each class of each word by its label; 0 for unknown words."""
    if soft is None:
        chosen = functional.one_hot(known.clamp_min(0), index.shape[-1]).float()
    else:
        chosen = soft.gather(1, index)
    evidence = chosen.log().clamp_min(_IMPOSSIBLE)
    return evidence.masked_fill((known == IGNORED)[..., None], 0.0)
