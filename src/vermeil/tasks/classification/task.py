"""The task that gives each text one label."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vermeil.data.counts import Counts, Tally
from vermeil.data.document import Annotation, Document, Range
from vermeil.data.example import IGNORED, Target
from vermeil.data.reply import Message, Reply, State
from vermeil.errors import DataError
from vermeil.tasks.classification.json_format import instruction, parse_reply, schema
from vermeil.tasks.classification.prompts import PROMPTS, render_prompt
from vermeil.tasks.config import TaskConfig
from vermeil.tasks.labels import NOTHING, LabelSet
from vermeil.tasks.protocol import Head, Reading
from vermeil.tasks.replies import unusable, was_filtered


class ClassificationTask:
    """One label per text, of the labels of one ``[task]`` section.

    Args:
        config: label set and guidelines.

    Raises:
        ConfigError: label names or aliases contradict each other.
    """

    name = "classification"
    head: Head = "sequence"
    prompts = tuple(PROMPTS)

    def __init__(self, config: TaskConfig) -> None:
        self.config = config
        self.label_set = LabelSet.from_config(config)
        self.labels = self.label_set.names
        self.classes = self.labels

    @staticmethod
    def labels_used(annotation: Annotation) -> Iterable[str]:
        """Return the labels of the text."""
        return annotation.labels or ()

    def check(self, document: Document) -> None:
        """Raise `DataError` unless an annotated document has exactly one label of the set."""
        if document.labels is None:
            return
        if len(document.labels) != 1:
            raise DataError(
                f"document {document.id!r}: {len(document.labels)} labels "
                f"{list(document.labels)}; expected exactly one"
            )
        if document.labels[0] not in self.labels:
            unknown = self.label_set.unknown(document.labels[0])
            raise DataError(f"document {document.id!r}: {unknown}")

    def render(self, prompt: str, text: str) -> tuple[Message, ...]:
        """Return the chat messages that ask for the label of ``text``."""
        answer = instruction(self.label_set)
        return render_prompt(prompt, text, self.label_set, self.config.guidelines, answer)

    def schema(self, prompt: str) -> Mapping[str, Any] | None:
        """Return the JSON schema of the reply; None where the prompt reasons first."""
        return None if PROMPTS[prompt] else schema(self.label_set)

    def read(self, text: str, reply: Reply) -> Reading:  # noqa: ARG002 (nothing to locate)
        """Parse a reply; a label that is not in the set makes it UNPARSABLE, noted off_schema."""
        said = None if was_filtered(reply) else parse_reply(reply.text)
        if said is None:
            return unusable(reply, "no whole answer in the JSON format that was asked for")
        label = self.label_set.normalise(said)
        if label is None:
            return Reading(
                State.UNPARSABLE, problem=self.label_set.unknown(said), notes={"off_schema": 1}
            )
        return Reading(State.DONE, Annotation(labels=(label,)))

    def encode(self, document: Document, words: Sequence[Range]) -> Target:  # noqa: ARG002
        """Return the document's one class, IGNORED where nobody labelled it."""
        known = document.labels or ()
        number = self.classes.index(known[0]) if known else IGNORED
        weight = 1.0 if document.weight is None else document.weight
        return Target(np.array([number], dtype=np.int64), np.array([weight], dtype=np.float32))

    def decode(
        self,
        words: Sequence[Range],  # noqa: ARG002
        probabilities: NDArray[np.float32],
    ) -> Annotation:
        """Return the most probable label; ``probabilities`` has shape (1, classes)."""
        return Annotation(labels=(self.labels[int(probabilities[0].argmax())],))

    def count(self, gold: Annotation, predicted: Annotation) -> Counts:
        """Score one document; over documents with one label each, micro F1 is the accuracy."""
        right, said = set(gold.labels or ()), set(predicted.labels or ())
        per_label = {
            label: Tally(int(label in right & said), int(label in said), int(label in right))
            for label in sorted(right | said)
        }
        return Counts(per_label, None, _confusion(right, said), documents=1)


def _confusion(gold: set[str], predicted: set[str]) -> dict[tuple[str, str], int]:
    if len(gold) == 1 and len(predicted) == 1:
        return {(min(gold), min(predicted)): 1}
    pairs = {(label, label): 1 for label in gold & predicted}
    pairs |= {(label, NOTHING): 1 for label in gold - predicted}
    return pairs | {(NOTHING, label): 1 for label in predicted - gold}
