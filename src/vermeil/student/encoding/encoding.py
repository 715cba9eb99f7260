"""Encoding of documents: words, wordpieces, letter case and windows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vermeil.data.document import Document, Range
from vermeil.data.words import words_of
from vermeil.student.encoding.features import CASES, NONE, letter_case
from vermeil.student.encoding.windows import Window, cut_windows
from vermeil.student.encoding.wordpieces import Wordpieces

TOKENISER_BATCH = 512
"""Documents per call of the tokenizer."""

TeacherLabelLookup = Callable[[Document, Sequence[Range]], NDArray[np.int64]]
"""Return the teacher's class of each word, shape (words,), given a document and its word ranges.

The network takes these classes as a further input."""


@dataclass(frozen=True, slots=True)
class EncodedWindow:
    """One window as input of the network.

    Args:
        window: the words of the window, and the words that it owns.
        input_ids: int64, shape (m,), special tokens included.
        features: int64, shape (m,): letter-case class, plus `CASES` times the teacher's class if
            there are teacher labels; or None.
        positions: int64, shape (last - first,): index of each word's first wordpiece.
    """

    window: Window
    input_ids: NDArray[np.int64]
    features: NDArray[np.int64] | None
    positions: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class EncodedDocument:
    """A document with its words and windows.

    Args:
        document: the document.
        words: range of each word.
        windows: the windows, in order.
        long_words: words of more wordpieces than a window holds; the rest of their wordpieces is
            cut off.
    """

    document: Document
    words: tuple[Range, ...]
    windows: tuple[EncodedWindow, ...]
    long_words: int


class DocumentEncoder:
    """Encoder of documents into windows of wordpieces.

    Args:
        wordpieces: the tokenizer.
        max_wordpieces: length of the longest window, special tokens included.
        overlap: wordpieces that neighbouring windows share.
        with_case: whether to compute letter-case features.
        teacher_labels: returns the teacher's class of each word, as a further input of the network;
            needs ``with_case``.
    """

    def __init__(
        self,
        wordpieces: Wordpieces,
        max_wordpieces: int,
        overlap: int,
        *,
        with_case: bool,
        teacher_labels: TeacherLabelLookup | None = None,
    ) -> None:
        self.wordpieces, self._overlap, self._with_case = wordpieces, overlap, with_case
        self._teacher_labels = teacher_labels
        self._prefix, self._suffix = wordpieces.prefix, wordpieces.suffix
        self.max_wordpieces = max_wordpieces
        """Length of the longest window in wordpieces, special tokens included."""
        self.limit = max_wordpieces - len(self._prefix) - len(self._suffix)
        """Length of the longest window in wordpieces, without special tokens."""

    def encode(self, documents: Sequence[Document]) -> Iterator[EncodedDocument]:
        """Yield the encoded documents, in order."""
        for start in range(0, len(documents), TOKENISER_BATCH):
            block = documents[start : start + TOKENISER_BATCH]
            words = [words_of(d) for d in block]
            surfaces = [
                [d.text[a:b] for a, b in ranges] for d, ranges in zip(block, words, strict=True)
            ]
            pieces = self.wordpieces.encode_words(surfaces)
            for document, ranges, surface, piece in zip(
                block, words, surfaces, pieces, strict=True
            ):
                yield self._encode_one(document, ranges, surface, piece)

    def inner_size(self, window: EncodedWindow) -> int:
        """Return the number of wordpieces of a window, without special tokens."""
        return len(window.input_ids) - len(self._prefix) - len(self._suffix)

    def join(self, windows: Sequence[EncodedWindow]) -> EncodedWindow:
        """Return one window over the words of several documents, given the only window of each."""
        if len(windows) == 1:
            return windows[0]
        head, tail = len(self._prefix), len(self._suffix)
        words = sum(len(w.positions) for w in windows)
        starts = np.cumsum([0, *(self.inner_size(w) for w in windows)])[:-1]
        ids = [w.input_ids[head : len(w.input_ids) - tail] for w in windows]
        cases = [
            w.features[head : len(w.features) - tail] for w in windows if w.features is not None
        ]
        return EncodedWindow(
            Window(0, words, 0, words),
            np.concatenate([self._prefix, *ids, self._suffix]).astype(np.int64),
            np.concatenate([[NONE] * head, *cases, [NONE] * tail]).astype(np.int64)
            if cases
            else None,
            np.concatenate([w.positions + s for w, s in zip(windows, starts, strict=True)]),
        )

    def _encode_one(
        self,
        document: Document,
        words: tuple[Range, ...],
        surfaces: list[str],
        pieces: list[list[int]],
    ) -> EncodedDocument:
        long_words = sum(len(p) > self.limit for p in pieces)
        pieces = [p[: self.limit] for p in pieces] if long_words else pieces
        cases = [letter_case(s) for s in surfaces] if self._with_case else None
        if cases is not None and self._teacher_labels is not None:
            classes = self._teacher_labels(document, words).tolist()
            cases = [case + CASES * label for case, label in zip(cases, classes, strict=True)]
        windows = cut_windows([len(p) for p in pieces], self.limit, self._overlap)
        return EncodedDocument(
            document,
            words,
            tuple(self._encode_window(window, pieces, cases) for window in windows),
            long_words,
        )

    def _encode_window(
        self, window: Window, pieces: list[list[int]], cases: list[int] | None
    ) -> EncodedWindow:
        ids, features, positions = list(self._prefix), [NONE] * len(self._prefix), []
        for i in range(window.first, window.last):
            positions.append(len(ids))
            ids.extend(pieces[i])
            if cases is not None:
                features.extend([cases[i]] * len(pieces[i]))
        ids.extend(self._suffix)
        features.extend([NONE] * len(self._suffix))
        return EncodedWindow(
            window,
            np.array(ids, np.int64),
            np.array(features, np.int64) if cases is not None else None,
            np.array(positions, np.int64),
        )
