"""Documents to examples: words, wordpieces, letter case, windows and targets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vermeil.data.document import Document, Range
from vermeil.data.example import IGNORED, Example, Target
from vermeil.data.words import split_words
from vermeil.student.features import NONE, letter_case
from vermeil.student.windows import Window, cut_windows
from vermeil.student.wordpieces import Wordpieces
from vermeil.tasks.protocol import Task

BLOCK = 512
"""Documents that are tokenised in one call."""


@dataclass(frozen=True, slots=True)
class EncodedWindow:
    """One window as the network takes it.

    Args:
        window: which words it holds and which of them count.
        input_ids: int64, shape (m,), special tokens included.
        features: int64, shape (m,): letter case, or None.
        positions: int64, shape (last - first,): index of each word's first wordpiece.
    """

    window: Window
    input_ids: NDArray[np.int64]
    features: NDArray[np.int64] | None
    positions: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class EncodedDocument:
    """A document's words and windows."""

    document: Document
    words: tuple[Range, ...]
    windows: tuple[EncodedWindow, ...]
    long_words: int
    """Words of more wordpieces than a window holds, of which only the beginning is seen."""


@dataclass(frozen=True, slots=True)
class EncodedCorpus:
    """Examples of one origin, and what encoding them lost, by name."""

    examples: tuple[Example, ...]
    losses: dict[str, int]


class DocumentEncoder:
    """Turns documents into windows of wordpieces.

    Args:
        wordpieces: the tokenizer.
        max_wordpieces: longest window, special tokens included.
        overlap: wordpieces that neighbouring windows share.
        with_case: whether to compute letter-case features.
    """

    def __init__(
        self,
        wordpieces: Wordpieces,
        max_wordpieces: int,
        overlap: int,
        *,
        with_case: bool,
    ) -> None:
        self.wordpieces, self._overlap, self._with_case = wordpieces, overlap, with_case
        self._prefix, self._suffix = wordpieces.prefix, wordpieces.suffix
        self.longest = max_wordpieces
        self._limit = max_wordpieces - len(self._prefix) - len(self._suffix)

    def encode(self, documents: Sequence[Document]) -> Iterator[EncodedDocument]:
        """Yield the documents encoded, in order; a word's first wordpiece stands for the word."""
        for start in range(0, len(documents), BLOCK):
            block = documents[start : start + BLOCK]
            words = [d.tokens if d.tokens is not None else split_words(d.text) for d in block]
            surfaces = [
                [d.text[a:b] for a, b in ranges] for d, ranges in zip(block, words, strict=True)
            ]
            pieces = self.wordpieces.of_words(surfaces)
            for document, ranges, surface, piece in zip(
                block, words, surfaces, pieces, strict=True
            ):
                yield self._encode_one(document, ranges, surface, piece)

    def _encode_one(
        self,
        document: Document,
        words: tuple[Range, ...],
        surfaces: list[str],
        pieces: list[list[int]],
    ) -> EncodedDocument:
        long_words = sum(len(p) > self._limit for p in pieces)
        pieces = [p[: self._limit] for p in pieces] if long_words else pieces
        cases = [letter_case(s) for s in surfaces] if self._with_case else None
        windows = cut_windows([len(p) for p in pieces], self._limit, self._overlap)
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


def make_examples(encoded: Iterator[EncodedDocument], task: Task, origin: str) -> EncodedCorpus:
    """Return the training examples of annotated documents, with their losses counted.

    A window in which nothing enters the loss is left out and counted as ``nothing_to_learn``.

    Args:
        encoded: documents as `DocumentEncoder.encode` yields them.
        task: gives the targets.
        origin: ``gold`` or ``silver``.
    """
    examples: list[Example] = []
    losses: Counter[str] = Counter()
    for one in encoded:
        target = task.encode(one.document, one.words)
        losses.update(target.losses)
        losses["long_word"] += one.long_words
        for window in one.windows:
            example = _make_example(window, target, task.head, len(one.windows), origin)
            if (example.classes == IGNORED).all():
                losses["nothing_to_learn"] += 1
            else:
                examples.append(example)
    return EncodedCorpus(tuple(examples), {name: n for name, n in losses.items() if n})


def _make_example(
    window: EncodedWindow, target: Target, head: str, windows: int, origin: str
) -> Example:
    if head == "sequence":
        weights = (target.weights / windows).astype(np.float32)
        return Example(window.input_ids, window.features, target.classes, weights, origin)
    classes = np.full(len(window.input_ids), IGNORED, np.int64)
    weights = np.zeros(len(window.input_ids), np.float32)
    own = slice(window.window.own_first, window.window.own_last)
    first = window.window.first
    positions = window.positions[own.start - first : own.stop - first]
    classes[positions] = target.classes[own]
    weights[positions] = target.weights[own]
    return Example(window.input_ids, window.features, classes, weights, origin)
