"""Score of one prompt on gold documents."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vermeil.data.counts import Counts, sum_counts
from vermeil.data.document import Annotation, Document
from vermeil.evaluation.documents import items_by_group
from vermeil.tasks.mistakes import Mistake
from vermeil.tasks.protocol import Task


@dataclass(frozen=True, slots=True)
class PromptScore:
    """Annotations that a prompt gave for gold documents, and their counts.

    Args:
        documents: the gold documents.
        predicted: the annotation of each; empty if no reply was usable.
        counts: the counts of each.
        prompt_tokens: tokens of all prompts.
        unusable: number of documents without a usable reply.
    """

    documents: tuple[Document, ...]
    predicted: tuple[Annotation, ...]
    counts: tuple[Counts, ...]
    prompt_tokens: int = 0
    unusable: int = 0

    @property
    def f1(self) -> float:
        """Micro-F1 over all documents."""
        return sum_counts(self.counts).overall.f1

    @property
    def document_f1(self) -> tuple[float, ...]:
        """F1 of each document; 1 for a document without any item in gold and annotation."""
        matches = [counts.overall for counts in self.counts]
        return tuple(one.f1 if one.gold or one.predicted else 1.0 for one in matches)

    @property
    def is_perfect(self) -> bool:
        """Return whether no document has an error."""
        matches = (counts.overall for counts in self.counts)
        return all(one.correct == one.predicted == one.gold for one in matches)

    def mistakes(self, task: Task) -> Iterator[tuple[Document, Mistake]]:
        """Yield every mistake with its document."""
        for document, annotation in zip(self.documents, self.predicted, strict=True):
            for mistake in task.mistakes(document, annotation):
                yield document, mistake

    def by_group(self) -> dict[str, NDArray[np.int64]]:
        """Return correct, predicted and gold items of each group, shape (3,)."""
        return items_by_group(self.documents, self.counts)


def is_better(candidate: PromptScore, best: PromptScore) -> bool:
    """Return whether a candidate improves F1 and improves more documents than it worsens.

    Args:
        candidate: the score of the candidate.
        best: the score of the best prompt so far on the same documents.
    """
    pairs = list(zip(candidate.document_f1, best.document_f1, strict=True))
    improved = sum(new > old for new, old in pairs)
    worsened = sum(new < old for new, old in pairs)
    return candidate.f1 > best.f1 and improved > worsened
