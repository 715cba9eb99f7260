"""Documents to leave out of a ranking: annotated texts and near-duplicates."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from vermeil.corpora.analysis.leaks import find_leaks, near_repeats
from vermeil.data.document import Document


def annotated_positions(
    documents: Sequence[Document], annotated: Iterable[Document], threshold: float
) -> set[int]:
    """Return the positions of documents whose text is, or nearly is, an annotated text.

    Args:
        documents: the documents to rank.
        annotated: documents that must not be ranked again.
        threshold: Jaccard similarity of near-duplicates.
    """
    numbered = [Document(str(number), one.text) for number, one in enumerate(documents)]
    report = find_leaks(annotated, numbered, threshold)
    return {int(leak.right) for leak in (*report.exact, *report.near, *report.short)}


def repeated_positions(
    documents: Sequence[Document], positions: Sequence[int], threshold: float
) -> set[int]:
    """Return the positions of documents whose text nearly repeats that of an earlier document.

    Args:
        documents: the documents to rank.
        positions: positions of the documents to compare.
        threshold: Jaccard similarity of near-duplicates.
    """
    repeats = near_repeats([documents[position].text for position in positions], threshold)
    return {positions[number] for number in repeats}
