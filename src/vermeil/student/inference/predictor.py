"""Annotating documents with a network, whatever computes it; knows neither torch nor files."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from vermeil.data.document import Annotation, Document
from vermeil.data.progress import Progress, silent
from vermeil.student.encoding.context import (
    make_context_windows,
    single_document_windows,
    split_by_document,
)
from vermeil.student.encoding.encoding import DocumentEncoder, EncodedDocument
from vermeil.student.inference.batching import Runner, apply_temperature, class_probabilities
from vermeil.student.inference.crf_marginals import marginals
from vermeil.tasks.protocol import Task

BLOCK_DOCUMENTS = 2048
BLOCK_CHARACTERS = 4_000_000
"""What is predicted together, sorted by length, ends with whichever comes first: so memory stays
bounded, whether documents are many or long."""


@dataclass(frozen=True, slots=True)
class Predictor:
    """Everything that prediction needs.

    Args:
        encoder: documents to windows.
        runner: windows to probabilities.
        task: probabilities to annotations.
        temperature: see `vermeil.student.inference.model_settings.ModelSettings`.
        group_context: whether neighbouring documents of a group are read together.
        transitions: log scores from class to class, of a student with a CRF.
    """

    encoder: DocumentEncoder
    runner: Runner
    task: Task
    temperature: float = 1.0
    group_context: bool = False
    transitions: list[list[float]] | None = None

    def predict(
        self, documents: Iterable[Document | str], progress: Progress = silent
    ) -> Iterator[Document]:
        """Annotate documents or plain texts.

        Texts may be of any length: long ones are read in overlapping windows, nothing is cut off.
        Whatever annotation a document had is replaced; plain texts are numbered from 1.

        Args:
            documents: documents (their ``tokens`` are respected) or texts; read as a stream.
            progress: told after every block.

        Yields:
            The documents in order, with spans (or labels) that carry scores.
        """
        done, began = 0, time.perf_counter()
        for block in _blocks(documents, self.group_context):
            for one, rows in self.predict_proba(block):
                yield _annotated(
                    one, self.task.decode(one.words, apply_temperature(rows, self.temperature))
                )
            done += len(block)
            speed = done / (time.perf_counter() - began)
            progress("predict", done, None, {"documents_per_second": speed})

    def predict_proba(
        self, documents: list[Document]
    ) -> Iterator[tuple[EncodedDocument, NDArray[np.float32]]]:
        """Yield each document, encoded, and its class probabilities at temperature 1."""
        encoded = self.encoder.encode(documents)
        together = list(
            make_context_windows(encoded, self.encoder)
            if self.group_context
            else single_document_windows(encoded)
        )
        padding = self.encoder.wordpieces.padding
        outputs = class_probabilities(self.runner, together, self.task.head, padding)
        for pack, output in zip(together, outputs, strict=True):
            rows = output if self.transitions is None else marginals(output, self.transitions)
            yield from zip(pack.documents, split_by_document(pack, rows), strict=True)


def _blocks(documents: Iterable[Document | str], by_group: bool) -> Iterator[list[Document]]:
    """Cut a stream into blocks; with ``by_group`` where a group ends, if that is not far."""
    block: list[Document] = []
    characters = 0
    for number, item in enumerate(documents, start=1):
        document = Document(str(number), item) if isinstance(item, str) else item
        full = max(len(block) / BLOCK_DOCUMENTS, characters / BLOCK_CHARACTERS)
        within = by_group and full < 2 and block and _same_group(block[-1], document)
        if full >= 1 and not within:
            yield block
            block, characters = [], 0
        block.append(document)
        characters += len(document.text)
        if not by_group and (len(block) == BLOCK_DOCUMENTS or characters >= BLOCK_CHARACTERS):
            yield block
            block, characters = [], 0
    if block:
        yield block


def _same_group(one: Document, other: Document) -> bool:
    return one.group is not None and one.group == other.group


def _annotated(encoded: EncodedDocument, annotation: Annotation) -> Document:
    """Return the prediction; words that were not seen whole are counted in its ``meta``."""
    document = encoded.document.with_annotation(annotation)
    if not encoded.long_words:
        return document
    return replace(document, meta={**document.meta, "truncated": encoded.long_words})
