"""Context windows: neighbouring documents of a group in one window, as context for each other.

A window takes whole documents of one group, in their order, as many as fit. Each document is in
exactly one window, for training and for prediction. Context therefore costs no extra wordpieces,
unlike a window per document with its neighbours around it. Gold and silver have separate windows:
no example mixes origins, and the budgets of a plan do not change.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from vermeil.student.encoding.encoding import DocumentEncoder, EncodedDocument, EncodedWindow


@dataclass(frozen=True, slots=True)
class ContextWindow:
    """Documents that share a window.

    Args:
        documents: the documents, in order.
        windows: one window over all documents, or the windows of a single document.
    """

    documents: tuple[EncodedDocument, ...]
    windows: tuple[EncodedWindow, ...]


def single_document_windows(encoded: Iterable[EncodedDocument]) -> Iterator[ContextWindow]:
    """Yield every document as a context window of its own."""
    for document in encoded:
        yield ContextWindow((document,), document.windows)


def make_context_windows(
    encoded: Iterable[EncodedDocument], encoder: DocumentEncoder
) -> Iterator[ContextWindow]:
    """Yield documents in order; neighbours of one group share windows.

    The documents of a group are spread evenly over the minimum number of windows. A document that
    needs several windows, or has no group, shares no window.

    Args:
        encoded: documents, encoded by ``encoder``.
        encoder: the encoder; sets the length of windows and joins them.
    """
    for group, neighbours in groupby(encoded, key=_shared_group):
        documents = list(neighbours)
        if not group:
            yield from single_document_windows(documents)
            continue
        sizes = [encoder.inner_size(d.windows[0]) for d in documents]
        start = 0
        for count in balance_windows(sizes, encoder.limit):
            members = tuple(documents[start : start + count])
            yield ContextWindow(members, (encoder.join([d.windows[0] for d in members]),))
            start += count


def _shared_group(encoded: EncodedDocument) -> str:
    """Return the group whose documents may share a window with this document; empty: none."""
    return (encoded.document.group or "") if len(encoded.windows) == 1 else ""


def balance_windows(sizes: Sequence[int], limit: int) -> list[int]:
    """Divide documents, in order, into the minimum number of windows, as evenly as possible.

    Among the divisions into that number, the largest window is as small as possible.

    Args:
        sizes: wordpieces of each document, each at most ``limit``.
        limit: maximum wordpieces of a window.

    Returns:
        The number of documents in each window.
    """
    minimum = len(_fill_in_order(sizes, limit))
    low, high = max(sizes), limit
    while low < high:
        middle = (low + high) // 2
        if len(_fill_in_order(sizes, middle)) > minimum:
            low = middle + 1
        else:
            high = middle
    return _fill_in_order(sizes, high)


def _fill_in_order(sizes: Sequence[int], limit: int) -> list[int]:
    """Fill one window after the other; return the number of documents in each."""
    counts, free = [0], limit
    for size in sizes:
        if size > free and counts[-1]:
            counts.append(0)
            free = limit
        counts[-1] += 1
        free -= size
    return counts


def split_by_document(context_window: ContextWindow, rows: np.ndarray) -> list[np.ndarray]:
    """Split the network's outputs for a context window by document (token head)."""
    if len(context_window.documents) == 1:
        return [rows]
    ends = np.cumsum([len(document.words) for document in context_window.documents])
    return np.split(rows, ends[:-1])
