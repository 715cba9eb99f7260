"""Classification with several labels per text: each label is a yes-or-no decision of its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vermeil.data.annotation_spans import without_abstained
from vermeil.data.counts import Counts
from vermeil.data.document import UNANNOTATED, Annotation, Document, LabelAbstention, Range, Span
from vermeil.data.example import IGNORED, Target
from vermeil.data.region import Candidate, Region
from vermeil.data.reply import Message, Reply, State
from vermeil.errors import DataError
from vermeil.tasks.classification import json_list
from vermeil.tasks.classification.prompts import PROMPTS, render_prompt, steps_of
from vermeil.tasks.classification.regions import label_regions
from vermeil.tasks.classification.scoring import DIGITS, count_labels, label_scores
from vermeil.tasks.classification.task import check_reply_format
from vermeil.tasks.config import TaskConfig
from vermeil.tasks.hierarchy import check_parents, with_parents
from vermeil.tasks.labels import LabelSet
from vermeil.tasks.mistakes import Mistake
from vermeil.tasks.protocol import Head, ReplyResult
from vermeil.tasks.replies import (
    unreliable_empty_result,
    unusable_result,
    was_cut_after_draft,
    was_filtered,
    without_quotations,
)
from vermeil.tasks.votes import VoteResult, VotingRule, has_enough_votes

DEFAULT_THRESHOLD = 0.5
"""Minimum probability of a label without a threshold of its own."""


class MultiLabelTask:
    """Classification of texts that may have any number of labels of one ``[task]`` section.

    Args:
        config: label set, thresholds and guidelines.

    Raises:
        ConfigError: label names or aliases contradict each other, the parent of a label is
            missing, or the reply format is not JSON.
    """

    name = "classification"
    head: Head = "sequence_per_label"
    prompts = tuple(PROMPTS)

    def __init__(self, config: TaskConfig) -> None:
        check_reply_format(config)
        self.config = config
        self.label_set = LabelSet.from_config(config)
        self.labels = self.label_set.names
        check_parents(self.labels)
        self.classes = self.labels
        given = (label.threshold for label in config.labels.values())
        self._thresholds = np.array(
            [DEFAULT_THRESHOLD if one is None else one for one in given], np.float64
        )

    @staticmethod
    def labels_used(annotation: Annotation) -> Iterable[str]:
        """Return the labels of the text."""
        return annotation.labels or ()

    def check(self, document: Document) -> None:
        """Raise `DataError` unless all labels of an annotated document are in the label set."""
        for label in (*(document.labels or ()), *sorted(document.annotation.unknown_labels)):
            if label not in self.labels:
                unknown = self.label_set.unknown_label_message(label)
                raise DataError(f"document {document.id!r}: {unknown}")

    def render(
        self, prompt: str, text: str, demonstrations: Sequence[Document] = ()
    ) -> tuple[Message, ...]:
        """Return the chat messages that request the labels of ``text``."""
        answer = json_list.instruction(self.label_set)
        pairs = [
            (d.text, json_list.render_reply(d.labels))
            for d in demonstrations
            if d.labels is not None
        ]
        return render_prompt(prompt, text, self.label_set, self.config, answer, pairs)

    def steps(self, prompt: str) -> str:
        """Return the steps that a prompt requests before the answer; empty: the answer alone."""
        return steps_of(prompt, self.config)

    def schema(self, prompt: str) -> Mapping[str, Any] | None:
        """Return the JSON schema of the reply; None if the prompt requests reasoning first."""
        return None if PROMPTS[prompt] else json_list.schema(self.label_set)

    def read(self, text: str, reply: Reply) -> ReplyResult:
        """Parse a reply; EMPTY only if it states that no label applies.

        Labels outside the set are left out, with the note ``off_schema``. If no other label is
        left, the reply is UNPARSABLE.
        """
        own = without_quotations(reply.text, text)
        quoted = {} if own == reply.text else {"quoted": 1}
        parsed = None
        if not was_filtered(reply):
            parsed = json_list.parse_reply(own, text, self.label_set)
        if parsed is None or (not parsed.labels and was_cut_after_draft(reply)):
            problem = "no complete answer in the requested JSON format"
            return unusable_result(reply, problem, **quoted)
        losses = {"off_schema": len(parsed.unknown), "malformed": parsed.malformed}
        notes = {name: number for name, number in losses.items() if number} | quoted
        if parsed.labels:
            found = self._ordered(parsed.labels)
            return ReplyResult(State.DONE, Annotation(labels=found), notes=notes)
        if parsed.unknown:
            problem = self.label_set.unknown_label_message(parsed.unknown[0])
            return ReplyResult(State.UNPARSABLE, problem=problem, notes=notes)
        if parsed.malformed:
            return unusable_result(reply, "the items of the answer name no label", **notes)
        unreliable = unreliable_empty_result(reply, text)
        return unreliable or ReplyResult(State.EMPTY, Annotation(labels=()), notes=notes)

    def vote(
        self, voter_annotations: Sequence[Annotation], keep: VotingRule, abstain: bool
    ) -> VoteResult:
        """Return the labels with enough votes; with ``abstain``, others with a vote are unknown.

        A voter that abstains from a label does not vote on it.
        """
        votes = Counter(label for one in voter_annotations for label in set(one.labels or ()))
        silent = Counter(label for one in voter_annotations for label in one.unknown_labels)
        shares: dict[str, float] = {}
        kept, undecided = [], []
        for label in self.labels:
            voters = len(voter_annotations) - silent[label]
            if not voters:
                undecided.append(label)
                continue
            shares[label] = round(votes[label] / voters, DIGITS)
            if has_enough_votes(votes[label], voters, keep):
                kept.append(label)
            elif votes[label]:
                undecided.append(label)
        found = self._ordered(kept)
        unknown = [one for one in undecided if one not in found and (abstain or one not in shares)]
        scores = shares if len(voter_annotations) > 1 else None
        annotation = Annotation(
            labels=found, abstain_labels=_abstentions(unknown), label_scores=scores
        )
        return VoteResult(annotation, notes={"undecided": len(undecided)} if undecided else {})

    @property
    def verification(self) -> None:
        """None: classification has no verification."""

    def encode(self, document: Document, words: Sequence[Range]) -> Target:  # noqa: ARG002
        """Return 1 or 0 for each label; IGNORED for unknown ones and without an annotation."""
        weight = 1.0 if document.weight is None else document.weight
        weights = np.full(len(self.labels), weight, np.float32)
        if document.labels is None:
            return Target(np.full(len(self.labels), IGNORED, np.int64), weights)
        known = with_parents(document.labels)
        unknown = document.annotation.unknown_labels
        classes = [
            1 if label in known else IGNORED if label in unknown else 0 for label in self.labels
        ]
        return Target(np.array(classes, np.int64), weights)

    def decode(
        self,
        words: Sequence[Range],  # noqa: ARG002
        probabilities: NDArray[np.float32],
    ) -> Annotation:
        """Return the labels that reach their thresholds, and the scores of all labels.

        Args:
            words: not used.
            probabilities: probability of each label, shape (1, labels).
        """
        row = probabilities[0].astype(np.float64)
        found = (
            label for label, yes in zip(self.labels, row >= self._thresholds, strict=True) if yes
        )
        scores = label_scores(self.labels, row)
        return Annotation(labels=self._ordered(found), label_scores=scores)

    def span_keys(self, document: Document, words: Sequence[Range]) -> Candidate:  # noqa: ARG002
        """Return the document's labels as span keys of the whole text."""
        labels = self._ordered(document.labels or ())
        return tuple((0, len(document.text), label) for label in labels)

    def make_annotation(
        self,
        spans: Sequence[Span],
        abstain: Sequence[Range],
        base: Annotation = UNANNOTATED,  # noqa: ARG002
    ) -> Annotation:
        """Return the probable labels; with an abstention, all labels are unknown."""
        if abstain:
            return Annotation()
        labels = self._ordered(span.label for span in spans if span.is_likely)
        scores = {span.label: span.score for span in spans if span.score is not None}
        return Annotation(labels=labels, label_scores=scores or None)

    def regions(
        self,
        document: Document,
        words: Sequence[Range],
        probabilities: NDArray[np.float32] | None,
        auxiliary_probabilities: Sequence[NDArray[np.float32]] = (),
    ) -> tuple[Region, ...]:
        """Return one region per known label: it applies to the whole text, or it does not."""
        if document.labels is None:
            return ()
        rows = [probabilities, *auxiliary_probabilities]
        return label_regions(
            document, self.labels, self.span_keys(document, words), rows, self._thresholds
        )

    def scored_labels(
        self, gold: Annotation, predicted: Annotation
    ) -> Iterable[tuple[float, bool]]:
        """Return the score of every label, predicted or not, and whether the label is in gold."""
        known, unknown = (
            with_parents(gold.labels or ()),
            gold.unknown_labels - set(gold.labels or ()),
        )
        scores = predicted.label_scores or {}
        return [(p, label in known) for label, p in scores.items() if label not in unknown]

    def mistakes(self, document: Document, predicted: Annotation) -> tuple[Mistake, ...]:
        """Return the missing and the wrong labels of the text."""
        if document.labels is None:
            return ()
        expected = self._ordered(document.labels)
        found = self._ordered(
            without_abstained(predicted, document.annotation.abstain_labels).labels or ()
        )
        missing = [
            Mistake("missing", "", label, None, None) for label in expected if label not in found
        ]
        spurious = [
            Mistake("spurious", "", None, None, label) for label in found if label not in expected
        ]
        return (*missing, *spurious)

    def count(self, gold: Annotation, predicted: Annotation) -> Counts:
        """Score one document: every label counts, implied ones included."""
        known = without_abstained(predicted, gold.abstain_labels)
        return count_labels(with_parents(gold.labels or ()), with_parents(known.labels or ()))

    def _ordered(self, labels: Iterable[str]) -> tuple[str, ...]:
        """Return labels and the labels that they imply, in the order of the label set."""
        found = with_parents(labels)
        return tuple(label for label in self.labels if label in found)


def _abstentions(labels: Sequence[str]) -> tuple[LabelAbstention, ...]:
    return (LabelAbstention(tuple(labels)),) if labels else ()
