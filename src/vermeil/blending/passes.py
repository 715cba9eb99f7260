"""Numbers of passes over gold and silver that suit their sizes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from vermeil.data.document import Document

CHARACTERS_PER_WORDPIECE = 4.0
"""Mean of English newswire with the embedded encoder; the estimate needs no tokenizer."""


@dataclass(frozen=True, slots=True)
class PassRange:
    """Passes over one origin, by its size.

    Args:
        wordpieces: wordpieces to train on in all passes.
        least: smallest number of passes.
        most: largest number of passes.
    """

    wordpieces: float
    least: float
    most: float

    def passes(self, size: float) -> float:
        """Return the number of passes over ``size`` wordpieces."""
        return min(self.most, max(self.least, self.wordpieces / max(1.0, size)))


GOLD_PASSES = PassRange(64_000, 3, 30)
SILVER_PASSES = PassRange(64_000, 1, 3)
"""Passes of the two origins without a setting.

Little gold needs many passes until a student has learned it. On silver of 79,000 wordpieces, F1
stopped rising within the first pass (docs/results/student.md).
"""


def estimated_wordpieces(documents: Iterable[Document]) -> float:
    """Return the expected number of wordpieces of texts, without a tokenizer."""
    return sum(len(document.text) for document in documents) / CHARACTERS_PER_WORDPIECE
