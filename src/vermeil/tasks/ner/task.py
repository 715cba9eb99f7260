"""The task that marks named spans in a text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vermeil.data.counts import Counts
from vermeil.data.document import Annotation, Document, Range, Span
from vermeil.data.example import Target
from vermeil.data.reply import Message, Reply, State
from vermeil.errors import DataError
from vermeil.tasks.config import TaskConfig
from vermeil.tasks.labels import LabelSet
from vermeil.tasks.ner.decoding import decode_spans
from vermeil.tasks.ner.encoding import encode_spans, iob2_classes
from vermeil.tasks.ner.formats import FORMATS
from vermeil.tasks.ner.location import locate
from vermeil.tasks.ner.prompts import PROMPTS, render_prompt
from vermeil.tasks.ner.scoring import count_spans
from vermeil.tasks.protocol import Head, Reading
from vermeil.tasks.replies import unusable, was_cut_after_draft, was_filtered


class NerTask:
    """Named entity recognition with the labels of one ``[task]`` section.

    Args:
        config: label set and guidelines.

    Raises:
        ConfigError: label names or aliases contradict each other.
    """

    name = "ner"
    head: Head = "token"
    prompts = tuple(PROMPTS)

    def __init__(self, config: TaskConfig) -> None:
        self.config = config
        self.label_set = LabelSet.from_config(config)
        self.labels = self.label_set.names
        self.classes = iob2_classes(self.labels)
        self._class_numbers = {name: number for number, name in enumerate(self.classes)}
        self._format = FORMATS["json"]

    @staticmethod
    def labels_used(annotation: Annotation) -> Iterable[str]:
        """Return the labels of its spans."""
        return (span.label for span in annotation.spans or ())

    def check(self, document: Document) -> None:
        """Raise `DataError` on a label that is not in the set, and on overlapping spans."""
        spans = document.spans or ()
        for span in spans:
            if span.label not in self.labels:
                shown = _show(document, span)
                raise DataError(
                    f"document {document.id!r}: {shown}: {self.label_set.unknown(span.label)}"
                )
        for before, after in pairwise(spans):
            if after.start < before.end:
                shown = f"{_show(document, before)} and {_show(document, after)}"
                is_nested = after.end <= before.end or after.start == before.start
                how = "nested" if is_nested else "overlapping"
                raise DataError(
                    f"document {document.id!r}: {how} spans {shown}; "
                    "expected spans that share no character"
                )

    def render(self, prompt: str, text: str) -> tuple[Message, ...]:
        """Return the chat messages that ask for the named entities of ``text``."""
        answer = self._format.instruction(self.label_set)
        return render_prompt(prompt, text, self.label_set, self.config.guidelines, answer)

    def schema(self, prompt: str) -> Mapping[str, Any] | None:
        """Return the JSON schema of the reply; None where it reasons first or is not JSON."""
        if PROMPTS[prompt] or self._format.schema is None:
            return None
        return self._format.schema(self.label_set)

    def read(self, text: str, reply: Reply) -> Reading:
        """Parse a reply and locate its mentions; EMPTY only where the reply says there are none."""
        parsed = None if was_filtered(reply) else self._format.parse(reply.text)
        if parsed is None or (not parsed.mentions and was_cut_after_draft(reply)):
            return unusable(reply, "no whole answer in the JSON format that was asked for")
        located = locate(text, parsed.mentions, self.label_set)
        spans = tuple(one.span for one in located if one.span is not None)
        state = State.DONE if located else State.EMPTY
        return Reading(state, Annotation(spans=spans), located, notes=parsed.notes)

    def encode(self, document: Document, words: Sequence[Range]) -> Target:
        """Return the IOB2 class of every word."""
        return encode_spans(document, words, self._class_numbers)

    def decode(self, words: Sequence[Range], probabilities: NDArray[np.float32]) -> Annotation:
        """Return the spans of the most probable classes that IOB2 allows."""
        return Annotation(spans=decode_spans(words, probabilities, self.labels))

    def count(self, gold: Annotation, predicted: Annotation) -> Counts:
        """Score one document strictly; who marked nothing is taken to say that nothing is there."""
        return count_spans(gold.spans or (), predicted.spans or ())


def _show(document: Document, span: Span) -> str:
    surface = document.text[span.start : span.end]
    surface = surface if len(surface) <= 60 else surface[:59] + "…"
    return f"[{span.start}, {span.end}) {span.label} {surface!r}"
