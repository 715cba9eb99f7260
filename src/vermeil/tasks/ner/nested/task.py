"""The NER task with overlapping spans: the student has a head of its own for every label."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from vermeil.data.document import Annotation, Document, Range, Span
from vermeil.data.example import Target
from vermeil.data.mention import LocatedMention
from vermeil.data.region import Candidate, Region
from vermeil.errors import ConfigError, DataError
from vermeil.tasks.config import TaskConfig
from vermeil.tasks.ner.alignment.abstention import annotation_from_nested
from vermeil.tasks.ner.decoding import decode_spans
from vermeil.tasks.ner.formats import REPLY_FORMATS
from vermeil.tasks.ner.nested.encoding import encode_nested, nested_classes
from vermeil.tasks.ner.nested.regions import nested_regions, nested_span_keys
from vermeil.tasks.ner.nested_votes import vote_nested
from vermeil.tasks.ner.task import NerTask, describe_span
from vermeil.tasks.protocol import Head
from vermeil.tasks.votes import VoteResult, VotingRule


class NestedNerTask(NerTask):
    """Named entity recognition with spans that may overlap or lie within each other.

    Every label has tags (O, B, I) of its own. So spans of different labels may overlap in any way.
    Of overlapping spans with the same label, the tags hold one. Training counts the others.

    Args:
        config: label set, guidelines and reply format.

    Raises:
        ConfigError: as for `NerTask`, or the reply format or the scheme cannot hold overlaps.
    """

    head: ClassVar[Head] = "token_per_label"

    def __init__(self, config: TaskConfig) -> None:
        super().__init__(config)
        if not self._format.holds_overlaps:
            able = ", ".join(name for name, one in REPLY_FORMATS.items() if one.holds_overlaps)
            raise ConfigError(
                f"task.reply_format: {config.reply_format} cannot hold the overlapping spans of "
                f"task.nested; choose one of {able}"
            )
        if config.scheme != "iob2":
            raise ConfigError(
                f"task.scheme: {config.scheme} is not supported with task.nested, whose labels "
                "have the classes O, B and I; remove the key"
            )
        self.classes = nested_classes(self.labels)

    def _check_overlaps(self, document: Document, spans: Sequence[Span]) -> None:
        """Raise `DataError` if two spans have the same range and label."""
        for before, after in pairwise(spans):
            if before.key == after.key:
                raise DataError(
                    f"document {document.id!r}: {describe_span(document, after)} is there twice; "
                    "remove one of them"
                )

    def _annotation(
        self, located: Sequence[LocatedMention], truncated: Sequence[Range]
    ) -> Annotation:
        return annotation_from_nested(located, self.label_set, self.config.unlocated, truncated)

    def vote(
        self, voter_annotations: Sequence[Annotation], keep: VotingRule, abstain: bool
    ) -> VoteResult:
        """Merge several annotations of one text by votes over their spans; overlaps stay."""
        return vote_nested(voter_annotations, keep, abstain)

    def encode(self, document: Document, words: Sequence[Range]) -> Target:
        """Return the target class of every word and label."""
        return encode_nested(document, words, self.labels)

    def decode(self, words: Sequence[Range], probabilities: NDArray[np.float32]) -> Annotation:
        """Return the spans of the most probable valid sequence of classes of each label.

        Args:
            words: the ranges of the document's words.
            probabilities: shape (words, labels, 3).
        """
        spans = [
            span
            for number, label in enumerate(self.labels)
            for span in decode_spans(words, probabilities[:, number], (label,))
        ]
        return Annotation(spans=tuple(spans))

    def span_keys(self, document: Document, words: Sequence[Range]) -> Candidate:
        """Return the document's spans as the tags of their labels represent them."""
        return nested_span_keys(document, words, self.labels)

    def regions(
        self,
        document: Document,
        words: Sequence[Range],
        probabilities: NDArray[np.float32] | None,
        auxiliary_probabilities: Sequence[NDArray[np.float32]] = (),
    ) -> tuple[Region, ...]:
        """Return the regions of each label in which the teacher or the students mark an entity."""
        rows = [probabilities, *auxiliary_probabilities]
        return nested_regions(document, words, self.labels, rows)
