"""The classification task: one label per text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from vermeil.data.annotation_spans import without_abstained
from vermeil.data.counts import Counts, ErrorKind
from vermeil.data.document import UNANNOTATED, Annotation, Document, Range, Span
from vermeil.data.example import IGNORED, Target
from vermeil.data.region import Candidate, Region
from vermeil.data.reply import Message, Reply, State
from vermeil.errors import ConfigError, DataError
from vermeil.tasks.classification.json_format import (
    instruction,
    parse_reply,
    render_reply,
    schema,
)
from vermeil.tasks.classification.prompts import PROMPTS, render_prompt, steps_of
from vermeil.tasks.classification.regions import text_region
from vermeil.tasks.classification.scoring import count_labels, label_scores
from vermeil.tasks.config import TaskConfig
from vermeil.tasks.labels import LabelSet
from vermeil.tasks.mistakes import Mistake
from vermeil.tasks.protocol import Head, ReplyResult
from vermeil.tasks.replies import unusable_result, was_filtered, without_quotations
from vermeil.tasks.votes import VoteResult, VotingRule, has_enough_votes


def check_reply_format(config: TaskConfig) -> None:
    """Raise `ConfigError` unless the reply format is JSON."""
    if config.reply_format != "json":
        raise ConfigError(
            f"task.reply_format: classification supports json only, not "
            f"{config.reply_format!r}; remove the option"
        )


class ClassificationTask:
    """Classification of texts with the labels of one ``[task]`` section.

    Args:
        config: label set and guidelines.

    Raises:
        ConfigError: label names or aliases contradict each other, or the reply format is not JSON.
    """

    name = "classification"
    head: ClassVar[Head] = "sequence"
    prompts = tuple(PROMPTS)

    def __init__(self, config: TaskConfig) -> None:
        check_reply_format(config)
        added = [name for name, label in config.labels.items() if label.added]
        if added:
            raise ConfigError(
                f"task.labels.{added[0]}.added: needs task.multi_label; with one label per text, a "
                "new label changes the others, so annotate the texts again"
            )
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
        if not document.labels and document.annotation.abstain_labels:
            return
        if len(document.labels) != 1:
            hint = "; for several labels per text, set task.multi_label to true"
            raise DataError(
                f"document {document.id!r}: {len(document.labels)} labels "
                f"{list(document.labels)}; expected exactly one{hint}"
            )
        if document.labels[0] not in self.labels:
            unknown = self.label_set.unknown_label_message(document.labels[0])
            raise DataError(f"document {document.id!r}: {unknown}")

    def render(
        self, prompt: str, text: str, demonstrations: Sequence[Document] = ()
    ) -> tuple[Message, ...]:
        """Return the chat messages that request the label of ``text``."""
        answer = instruction(self.label_set)
        pairs = [(d.text, render_reply(label)) for d in demonstrations for label in d.labels or ()]
        return render_prompt(prompt, text, self.label_set, self.config, answer, pairs)

    def steps(self, prompt: str) -> str:
        """Return the steps that a prompt requests before the answer; empty: the answer alone."""
        return steps_of(prompt, self.config)

    def schema(self, prompt: str) -> Mapping[str, Any] | None:
        """Return the JSON schema of the reply; None if the prompt requests reasoning first."""
        return None if PROMPTS[prompt] else schema(self.label_set)

    def read(self, text: str, reply: Reply) -> ReplyResult:
        """Parse a reply.

        A label outside the set makes it UNPARSABLE with the note ``off_schema``, and several labels
        with the note ``contradictory``.
        """
        own = without_quotations(reply.text, text)
        answers = () if was_filtered(reply) else parse_reply(own, text)
        quoted = {} if own == reply.text else {"quoted": 1}
        if not answers:
            return unusable_result(
                reply, "no complete answer in the requested JSON format", **quoted
            )
        labels = {self.label_set.normalise(answer): answer for answer in answers}
        if len(labels) > 1:
            problem = f"several labels, {', '.join(answers)}; none of them is marked as final"
            return unusable_result(reply, problem, contradictory=1, **quoted)
        label, answer = next(iter(labels.items()))
        if label is None:
            return ReplyResult(
                State.UNPARSABLE,
                problem=self.label_set.unknown_label_message(answer),
                notes={"off_schema": 1},
            )
        return ReplyResult(State.DONE, Annotation(labels=(label,)))

    def vote(
        self,
        voter_annotations: Sequence[Annotation],
        keep: VotingRule,
        abstain: bool,  # noqa: ARG002
    ) -> VoteResult:
        """Return the label with most votes; no annotation if the votes are not enough."""
        votes = Counter(label for one in voter_annotations for label in one.labels or ())
        label, number = max(votes.items(), key=lambda v: (v[1], -self.labels.index(v[0])))
        if not has_enough_votes(number, len(voter_annotations), keep):
            return VoteResult(UNANNOTATED, notes={"undecided": 1})
        return VoteResult(Annotation(labels=(label,)))

    @property
    def verification(self) -> None:
        """None: classification has no verification."""

    def encode(self, document: Document, words: Sequence[Range]) -> Target:  # noqa: ARG002
        """Return the document's class; IGNORED if the document has no label."""
        known = document.labels or ()
        number = self.classes.index(known[0]) if known else IGNORED
        weight = 1.0 if document.weight is None else document.weight
        return Target(np.array([number], dtype=np.int64), np.array([weight], dtype=np.float32))

    def decode(
        self,
        words: Sequence[Range],  # noqa: ARG002
        probabilities: NDArray[np.float32],
    ) -> Annotation:
        """Return the most probable label and the probabilities of all labels.

        Args:
            words: not used.
            probabilities: shape (1, classes).
        """
        row = probabilities[0]
        scores = label_scores(self.labels, row)
        return Annotation(labels=(self.labels[int(row.argmax())],), label_scores=scores)

    def span_keys(self, document: Document, words: Sequence[Range]) -> Candidate:  # noqa: ARG002
        """Return the document's label as a span key of the whole text."""
        return tuple((0, len(document.text), label) for label in document.labels or ())

    def make_annotation(
        self,
        spans: Sequence[Span],
        abstain: Sequence[Range],
        base: Annotation = UNANNOTATED,  # noqa: ARG002
    ) -> Annotation:
        """Return the label as an annotation; no annotation if there is an abstention."""
        if abstain or not spans:
            return UNANNOTATED
        scores = {one.label: one.score for one in spans[:1] if one.score is not None}
        return Annotation(labels=(spans[0].label,), label_scores=scores or None)

    def regions(
        self,
        document: Document,
        words: Sequence[Range],
        probabilities: NDArray[np.float32] | None,
        auxiliary_probabilities: Sequence[NDArray[np.float32]] = (),
    ) -> tuple[Region, ...]:
        """Return the whole text as one region; every label is a candidate."""
        teacher_candidate = self.span_keys(document, words)
        if not teacher_candidate:
            return ()
        rows = [probabilities, *auxiliary_probabilities]
        return (text_region(document, self.labels, teacher_candidate, rows),)

    def scored_labels(
        self, gold: Annotation, predicted: Annotation
    ) -> Iterable[tuple[float, bool]]:
        """Return the score of the predicted label, and whether it is the gold label."""
        scores = predicted.label_scores or {}
        known = gold.labels or ()
        return [(scores[one], one in known) for one in predicted.labels or () if one in scores]

    def mistakes(self, document: Document, predicted: Annotation) -> tuple[Mistake, ...]:
        """Return the wrong label of the text; nothing if the label is correct."""
        expected, found = document.labels or (), predicted.labels or ()
        if set(expected) == set(found) or not expected:
            return ()
        kind: ErrorKind = "type" if found else "missing"
        return (Mistake(kind, "", expected[0], None, found[0] if found else None),)

    def count(self, gold: Annotation, predicted: Annotation) -> Counts:
        """Score one document; if every document has one label, micro F1 is the accuracy."""
        known = without_abstained(predicted, gold.abstain_labels)
        return count_labels(set(gold.labels or ()), set(known.labels or ()))
