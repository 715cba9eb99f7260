"""Neighbouring documents of a group in one window: each is read in the light of the others.

A window takes whole documents of one group, in their order, as many as fit; each of them is trained
on, or predicted, in that one window. So context costs no wordpiece more than reading the documents
one by one, unlike a window per document with its neighbours around it. Gold and silver are packed
apart, so no example mixes origins, and a plan's budgets hold as they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from vermeil.student.encoding.encoding import DocumentEncoder, EncodedDocument, EncodedWindow


@dataclass(frozen=True, slots=True)
class ContextWindow:
    """Documents that are read together.

    Args:
        documents: the documents, in order.
        windows: one window over all of them, or the windows of the only one.
    """

    documents: tuple[EncodedDocument, ...]
    windows: tuple[EncodedWindow, ...]


def single_document_windows(encoded: Iterable[EncodedDocument]) -> Iterator[ContextWindow]:
    """Yield every document by itself."""
    for one in encoded:
        yield ContextWindow((one,), one.windows)


def make_context_windows(
    encoded: Iterable[EncodedDocument], encoder: DocumentEncoder
) -> Iterator[ContextWindow]:
    """Yield documents in order, neighbours of one group together as far as windows hold them.

    A group's documents are spread evenly over as few windows as can be. A document that needs
    several windows, or has no group, is read by itself.

    Args:
        encoded: documents, encoded by ``encoder``.
        encoder: knows how long windows may be, and joins them.
    """
    for key, run in groupby(encoded, key=_shared_group):
        documents = list(run)
        if not key:
            yield from single_document_windows(documents)
            continue
        sizes = [encoder.inner_size(d.windows[0]) for d in documents]
        start = 0
        for number in balance_windows(sizes, encoder.limit):
            parts = tuple(documents[start : start + number])
            yield ContextWindow(parts, (encoder.join([d.windows[0] for d in parts]),))
            start += number


def _shared_group(encoded: EncodedDocument) -> str:
    """Return the group whose documents may share a window with this one; empty: none."""
    return (encoded.document.group or "") if len(encoded.windows) == 1 else ""


def balance_windows(sizes: Sequence[int], limit: int) -> list[int]:
    """Divide a row of documents into as few windows as can be, the fullest as empty as can be.

    Args:
        sizes: wordpieces of each document, each at most ``limit``.
        limit: wordpieces that a window may hold.

    Returns:
        How many documents each window takes.
    """
    fewest = len(_fill(sizes, limit))
    low, high = max(sizes), limit
    while low < high:
        middle = (low + high) // 2
        if len(_fill(sizes, middle)) > fewest:
            low = middle + 1
        else:
            high = middle
    return _fill(sizes, high)


def _fill(sizes: Sequence[int], limit: int) -> list[int]:
    """Fill one window after the other; return how many documents each takes."""
    numbers, room = [0], limit
    for size in sizes:
        if size > room and numbers[-1]:
            numbers.append(0)
            room = limit
        numbers[-1] += 1
        room -= size
    return numbers


def split_by_document(context_window: ContextWindow, rows: np.ndarray) -> list[np.ndarray]:
    """Return each part's own rows of what the network made of a pack (token head)."""
    if len(context_window.documents) == 1:
        return [rows]
    ends = np.cumsum([len(part.words) for part in context_window.documents])
    return np.split(rows, ends[:-1])
