"""Encoding of relations: the targets of the student."""

from __future__ import annotations

from collections.abc import Sequence

from vermeil.data.document import Document, Range
from vermeil.data.example import Target
from vermeil.tasks.ner.task import NerTask


def encode_relations(document: Document, words: Sequence[Range], entities: NerTask) -> Target:
    """Return the target classes of the words, as NER encodes them.

    Args:
        document: a document whose labels are all in the label set.
        words: the ranges of its words, in order.
        entities: the task of the entities.
    """
    return entities.encode(document, words)
