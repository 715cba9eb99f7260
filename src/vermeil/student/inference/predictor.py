"""Prediction: annotate documents with a network, independent of torch and of files."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from vermeil.corpora.pages import with_span_pages
from vermeil.data.document import Annotation, Document
from vermeil.data.document_stream import DocumentStream
from vermeil.data.progress import Progress, silent
from vermeil.errors import DataError
from vermeil.student.encoding.context import (
    make_context_windows,
    single_document_windows,
    split_by_document,
)
from vermeil.student.encoding.encoding import DocumentEncoder, EncodedDocument
from vermeil.student.encoding.windows import Window
from vermeil.student.inference.batching import Runner, apply_temperature, network_outputs
from vermeil.student.inference.crf_marginals import marginals
from vermeil.student.inference.pair_predictor import PairPredictor
from vermeil.tasks.protocol import TEXT_HEADS, Task

BLOCK_DOCUMENTS = 2048
BLOCK_CHARACTERS = 4_000_000
"""Maximum documents and characters of a block, which limits memory. A block is predicted together,
sorted by length."""

PAIR_BLOCK_SHARE = 1 / 8
"""Size of a block with a pair head, as a share: hidden states need more memory."""


@dataclass(frozen=True, slots=True)
class Predictor:
    """A student ready for prediction.

    Args:
        encoder: encodes documents into windows.
        runner: computes class probabilities of windows.
        task: decodes probabilities into annotations.
        temperature: divisor of the logits.
        group_context: whether neighbouring documents of a group share windows.
        transitions: log score of every pair of successive classes; None without a CRF.
        pairs: predicts the relations of a task with a pair head; None for other tasks.
    """

    encoder: DocumentEncoder
    runner: Runner
    task: Task
    temperature: float = 1.0
    group_context: bool = False
    transitions: list[list[float]] | None = None
    pairs: PairPredictor | None = None

    def predict(
        self, documents: Iterable[Document | str], progress: Progress = silent
    ) -> Iterator[Document]:
        """Annotate documents or plain texts.

        Texts may have any length: long texts are cut into overlapping windows. An existing
        annotation of a document is replaced. The ids of plain texts are their numbers, from 1.

        Args:
            documents: documents or texts, read as a stream; ``tokens`` of a document are used.
            progress: called after every block with the number of documents and the speed.

        Yields:
            The documents in order, with scored spans and relations, or labels.
        """
        is_pooled = self.task.head in TEXT_HEADS
        for output in self.block_outputs(documents, progress):
            yield _annotate(output.encoded, self.decode(output), is_pooled=is_pooled)

    def decode(self, output: DocumentOutput) -> Annotation:
        """Return the annotation for the output of the network, at the student's temperatures."""
        words = output.encoded.words
        rows = apply_temperature(output.rows, self.temperature, self.task.head)
        annotation = self.task.decode(words, rows)
        if self.pairs is None:
            return annotation
        return self.pairs.add_relations(annotation, words, output.windows, output.states)

    def calibrated_proba(
        self, documents: Iterable[Document | str], progress: Progress = silent
    ) -> Iterator[tuple[EncodedDocument, NDArray[np.float32]]]:
        """Yield each encoded document with its class probabilities at the student's temperature.

        Args:
            documents: documents or texts, read as a stream in blocks.
            progress: called after every block with the number of documents and the speed.

        Raises:
            DataError: the probabilities of a document are not finite numbers.
        """
        for output in self.block_outputs(documents, progress):
            rows = apply_temperature(output.rows, self.temperature, self.task.head)
            yield output.encoded, rows

    def block_outputs(
        self, documents: Iterable[Document | str], progress: Progress = silent
    ) -> Iterator[DocumentOutput]:
        """Yield the output of the network for each document of a stream, block by block.

        Args:
            documents: documents or texts.
            progress: called after every block with the number of documents and the speed.

        Raises:
            DataError: the probabilities of a document are not finite numbers.
        """
        done, began = 0, time.perf_counter()
        size = 1 if self.pairs is None else PAIR_BLOCK_SHARE
        for block in _blocks(documents, self.group_context, size):
            yield from self.outputs(block)
            done += len(block)
            speed = done / (time.perf_counter() - began)
            progress("predict", done, None, {"documents_per_second": speed})

    def predict_proba(
        self, documents: list[Document]
    ) -> Iterator[tuple[EncodedDocument, NDArray[np.float32]]]:
        """Yield each encoded document with its class probabilities at temperature 1.

        Raises:
            DataError: the probabilities of a document are not finite numbers.
        """
        for output in self.outputs(documents):
            yield output.encoded, output.rows

    def outputs(self, documents: list[Document]) -> Iterator[DocumentOutput]:
        """Yield the output of the network for each document.

        Raises:
            DataError: the probabilities of a document are not finite numbers.
        """
        encoded = self.encoder.encode(documents)
        context_windows = list(
            make_context_windows(encoded, self.encoder)
            if self.group_context
            else single_document_windows(encoded)
        )
        padding = self.encoder.wordpieces.padding
        outputs = network_outputs(self.runner, context_windows, self.task.head, padding)
        for window, output in zip(context_windows, outputs, strict=True):
            rows = output.rows
            if self.transitions is not None:
                rows = marginals(rows, self.transitions)
            if not np.isfinite(rows).all():
                raise DataError(
                    f"document {window.documents[0].document.id!r}: the network computes NaN, not "
                    "probabilities: its weights are damaged, or its training diverged; train or "
                    "export the model again"
                )
            parts = split_by_document(window, rows)
            states = [split_by_document(window, own) for own in output.states]
            for number, (document, own) in enumerate(zip(window.documents, parts, strict=True)):
                yield DocumentOutput(document, own, tuple(part[number] for part in states))


@dataclass(frozen=True, slots=True)
class DocumentOutput:
    """The output of the network for one document.

    Args:
        encoded: the document with its words and windows.
        rows: class probabilities at temperature 1, shape (words, classes) or (1, classes).
        states: with a pair head: hidden state of every word of each window, shape (words, hidden
            size).
    """

    encoded: EncodedDocument
    rows: NDArray[np.float32]
    states: tuple[NDArray[np.float32], ...] = ()

    @property
    def windows(self) -> tuple[Window, ...]:
        """The words of each window."""
        return tuple(own.window for own in self.encoded.windows)


def _blocks(
    documents: Iterable[Document | str], by_group: bool, share: float = 1
) -> Iterator[list[Document]]:
    """Cut a stream into blocks.

    With ``by_group`` a block ends where a group ends, unless that doubles its size.

    Args:
        documents: the stream.
        by_group: whether the documents of a group belong together.
        share: size of a block as a share of the limits.
    """
    most_documents, most_characters = BLOCK_DOCUMENTS * share, BLOCK_CHARACTERS * share
    block: list[Document] = []
    characters = 0
    for document in DocumentStream(documents):
        fill = max(len(block) / most_documents, characters / most_characters)
        within = by_group and fill < 2 and block and _same_group(block[-1], document)
        if fill >= 1 and not within:
            yield block
            block, characters = [], 0
        block.append(document)
        characters += len(document.text)
        if not by_group and (len(block) >= most_documents or characters >= most_characters):
            yield block
            block, characters = [], 0
    if block:
        yield block


def _same_group(one: Document, other: Document) -> bool:
    return one.group is not None and one.group == other.group


def _annotate(encoded: EncodedDocument, annotation: Annotation, *, is_pooled: bool) -> Document:
    """Return the annotated document, with the pages of its spans.

    ``truncated`` in its ``meta`` counts its cut words. ``windows`` is the number of windows whose
    outputs were pooled into labels of the text, if there are several.
    """
    document = with_span_pages(encoded.document.with_annotation(annotation))
    counts = {
        "truncated": encoded.long_words,
        "windows": len(encoded.windows) if is_pooled and len(encoded.windows) > 1 else 0,
    }
    counted = {name: number for name, number in counts.items() if number}
    return replace(document, meta={**document.meta, **counted}) if counted else document
