"""Choice of demonstrations that together show every label, from gold documents."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from statistics import median_low

from vermeil.data.annotation_spans import label_counts
from vermeil.data.document import Document

_NO_LABEL = ""
"""Stands for the label of a text without any: one demonstration should show such a text."""
_NO_LABEL_VALUE = 0.5
"""Value of a text without labels. The first labels are more important."""


def covering_order(gold: Sequence[Document], count: int) -> tuple[Document, ...]:
    """Return gold with the documents first that together show every label.

    Documents are chosen one by one. A label has the value 1/2 to the power of the number of chosen
    documents with it, and a document the sum of its labels. The document of highest value is
    chosen, among equal ones the one whose length is nearest to the median. Each is of another
    group, as long as there are groups left.

    Args:
        gold: annotated documents.
        count: number of documents to choose; the others follow in the order of gold.
    """
    labels = {d.id: frozenset(label_counts([d.annotation])) or {_NO_LABEL} for d in gold}
    usual = median_low(len(document.text) for document in gold) if gold else 0
    shown: Counter[str] = Counter()

    def rank(document: Document) -> tuple[float, int]:
        values = (
            (_NO_LABEL_VALUE if one == _NO_LABEL else 1.0) * 0.5 ** shown[one]
            for one in sorted(labels[document.id])
        )
        return -sum(values), abs(len(document.text) - usual)

    chosen: dict[str, Document] = {}
    groups: set[str] = set()
    while len(chosen) < min(count, len(labels)):
        left = [document for document in gold if document.id not in chosen]
        others = [document for document in left if document.group_or_id not in groups]
        best = min(others or left, key=rank)
        chosen[best.id] = best
        groups.add(best.group_or_id)
        shown.update(labels[best.id])
    return (*chosen.values(), *(document for document in gold if document.id not in chosen))
