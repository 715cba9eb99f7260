"""Scores of predicted documents against gold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from vermeil.data.counts import Counts, sum_counts
from vermeil.data.document import Document
from vermeil.data.visible import visible_line
from vermeil.errors import DataError
from vermeil.tasks.protocol import Task

TRUNCATED = "truncated"
"""Key of a predicted document's ``meta``: number of words that the student did not read in full."""

IDS_SHOWN = 3
"""Maximum number of ids in an error message."""


def items_by_group(
    documents: Iterable[Document], counts: Iterable[Counts]
) -> dict[str, NDArray[np.int64]]:
    """Return the items of each group of documents, in order of first appearance.

    Args:
        documents: the scored documents.
        counts: the counts of each.

    Returns:
        Group to correct, predicted and gold items, shape (3,).
    """
    groups: dict[str, NDArray[np.int64]] = {}
    for document, own in zip(documents, counts, strict=True):
        overall = own.overall
        row = groups.setdefault(document.group_or_id, np.zeros(3, np.int64))
        row += (overall.correct, overall.predicted, overall.gold)
    return groups


def evaluate(predicted: Iterable[Document], gold: Iterable[Document], task: Task) -> Counts:
    """Score predictions against gold; documents are matched by id.

    Args:
        predicted: a prediction for every gold document; other documents are ignored.
        gold: the gold documents.
        task: the task, which defines the scores.

    Returns:
        The counts over all gold documents.

    Raises:
        DataError: a prediction is missing or has another text, or gold is empty or unannotated.
    """
    counts = sum_counts(score for _, score in score_documents(predicted, gold, task))
    if counts.documents == 0:
        raise DataError("there is no gold document to score against; give annotated documents")
    return counts


def score_documents(
    predicted: Iterable[Document], gold: Iterable[Document], task: Task
) -> Iterator[tuple[Document, Counts]]:
    """Yield each gold document with its counts (``documents=1``); see `evaluate`."""
    by_id = {document.id: document for document in predicted}
    references = list(gold)
    missing = [d.id for d in references if d.id not in by_id]
    if missing:
        raise DataError(
            f"predictions lack {len(missing)} of {len(references)} gold documents "
            f"({visible_line(', '.join(missing[:IDS_SHOWN]))}"
            f"{', …' if len(missing) > IDS_SHOWN else ''}); "
            "predict the same documents with the same ids"
        )
    for reference in references:
        prediction = by_id[reference.id]
        if prediction.text != reference.text:
            raise DataError(
                f"document {reference.id!r}: the prediction's text differs from gold's; "
                "predict the gold documents again"
            )
        if reference.annotation.is_empty:
            raise DataError(
                f"document {reference.id!r} is not annotated; annotate it, or leave it out of gold"
            )
        counts = task.count(reference.annotation, prediction.annotation)
        yield reference, replace(counts, truncated=int(TRUNCATED in prediction.meta))
