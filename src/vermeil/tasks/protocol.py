"""The protocol of tasks. All shared stages use this protocol and never spans directly."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from vermeil.data.counts import Counts
from vermeil.data.document import UNANNOTATED, Annotation, Document, Range, Span
from vermeil.data.example import Target
from vermeil.data.mention import LocatedMention
from vermeil.data.region import Candidate, Region
from vermeil.data.reply import Message, Reply, State
from vermeil.tasks.config import TaskConfig
from vermeil.tasks.mistakes import Mistake
from vermeil.tasks.votes import Verification, VoteResult, VotingRule

Head = Literal["token", "token_per_label", "sequence", "sequence_per_label", "pair"]
"""The student's head: one class per word, one class (O, B or I) per word and label, one per
document, one yes-or-no decision per label of a document (sigmoid), or one class per word and one
per pair of spans."""

TAGS_PER_LABEL = 3
"""Classes that a token head per label has for each label: O, B and I."""

SAME_LABEL = "same_label"
"""Encoding loss of the head token_per_label: spans that share a word with an earlier span of the
same label. The tags of one label cannot represent both. The first one is kept; of those with the
same start, the longest."""

TEXT_HEADS: frozenset[Head] = frozenset(("sequence", "sequence_per_label"))
"""The heads whose outputs belong to a document as a whole."""

WORD_HEADS: frozenset[Head] = frozenset(("token", "pair"))
"""The heads with one class per word: its labels share one distribution with "no label"."""


def decision_classes(head: Head, classes: int) -> int:
    """Return the number of classes of one decision of a head.

    Args:
        head: the head.
        classes: number of its outputs.
    """
    return TAGS_PER_LABEL if head == "token_per_label" else classes


@dataclass(frozen=True, slots=True)
class ReplyResult:
    """The result of parsing one reply.

    Args:
        state: DONE, EMPTY, UNPLACED, REFUSED, TRUNCATED or UNPARSABLE.
        annotation: the annotation in the reply; unannotated unless DONE or EMPTY.
        mentions: every mention with its status; empty for tasks without mentions.
        problem: the reason why the reply could not be used, in words.
        notes: irregularities of the reply, name to count, e.g. ``off_schema``.
    """

    state: State
    annotation: Annotation = UNANNOTATED
    mentions: tuple[LocatedMention, ...] = ()
    problem: str | None = None
    notes: Mapping[str, int] = field(default_factory=dict)


class Task(Protocol):
    """One kind of annotation: prompts, replies, targets, decoding and scoring."""

    @property
    def config(self) -> TaskConfig:
        """The task's configuration section; stored in model folders."""

    @property
    def name(self) -> str:
        """The key in `TASKS`."""

    @property
    def head(self) -> Head:
        """The kind of head that the student needs."""

    @property
    def labels(self) -> tuple[str, ...]:
        """The label set."""

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes of the student's head (for ner: O, B-PER, I-PER, …)."""

    @property
    def prompts(self) -> tuple[str, ...]:
        """Names of the prompts that `render` accepts."""

    def labels_used(self, annotation: Annotation) -> Iterable[str]:
        """Return the labels that an annotation holds, once per span or text."""

    def check(self, document: Document) -> None:
        """Raise `DataError` if the task cannot use the document's annotation."""

    def render(
        self, prompt: str, text: str, demonstrations: Sequence[Document] = ()
    ) -> tuple[Message, ...]:
        """Return the chat messages that request the annotation of ``text``.

        The last message is a user message. It ends with ``text``, which begins on a new line.

        Args:
            prompt: one of `prompts`.
            text: the document's text.
            demonstrations: annotated documents. They precede the text, each with its correct answer
                in the requested format.
        """

    def schema(self, prompt: str) -> Mapping[str, Any] | None:
        """Return the JSON schema of the replies to a prompt, for constrained decoding.

        The schema depends only on the task's configuration, never on a text. None if the prompt
        requests reasoning before the answer or the format is not JSON.
        """

    def read(self, text: str, reply: Reply) -> ReplyResult:
        """Parse a reply and locate its mentions in ``text``; never raises on a bad reply."""

    def vote(
        self, voter_annotations: Sequence[Annotation], keep: VotingRule, abstain: bool
    ) -> VoteResult:
        """Merge the annotations of several usable replies for one text by vote.

        Args:
            voter_annotations: the annotation of each reply.
            keep: rule for the number of votes that is enough.
            abstain: treat candidates without enough votes as unknown instead of as no label.
        """

    @property
    def verification(self) -> Verification | None:
        """The verification of contested candidates; None if the task has none."""

    def encode(self, document: Document, words: Sequence[Range]) -> Target:
        """Return the target classes of the document's words."""

    def decode(self, words: Sequence[Range], probabilities: NDArray[np.float32]) -> Annotation:
        """Return the annotation for the student's class probabilities.

        Args:
            words: the ranges of the document's words.
            probabilities: shape (words, classes) for a token head, (words, labels, 3) for a token
                head per label, (1, classes) for a sequence head. For a sequence head per label,
                shape (1, labels): the probability of each label.
        """

    def span_keys(self, document: Document, words: Sequence[Range]) -> Candidate:
        """Return the document's annotation as span keys, as far as the student can represent it.

        Args:
            document: an annotated document.
            words: the ranges of its words.
        """

    def make_annotation(
        self, spans: Sequence[Span], abstain: Sequence[Range], base: Annotation = UNANNOTATED
    ) -> Annotation:
        """Return the annotation that consists of these spans and abstentions.

        Args:
            spans: the labelled spans.
            abstain: ranges with unknown labels.
            base: the annotation that these spans correct. Its other parts, such as relations, are
                kept as far as the new spans allow it.
        """

    def regions(
        self,
        document: Document,
        words: Sequence[Range],
        probabilities: NDArray[np.float32] | None,
        auxiliary_probabilities: Sequence[NDArray[np.float32]] = (),
    ) -> tuple[Region, ...]:
        """Return the regions in which teacher or students mark anything, with their candidates.

        Args:
            document: a document with the teacher's annotation.
            words: the ranges of its words.
            probabilities: as for `decode`, from students that were not trained on the document;
                None: there are no students.
            auxiliary_probabilities: probabilities of auxiliary scorers; they contribute no
                candidates.

        Returns:
            The regions in the order of the text.
        """

    def scored_labels(
        self, gold: Annotation, predicted: Annotation
    ) -> Iterable[tuple[float, bool]]:
        """Return the score of every predicted label that has one, and whether the label is correct.

        Args:
            gold: the annotation of people.
            predicted: the student's annotation of the same document.
        """

    def mistakes(self, document: Document, predicted: Annotation) -> tuple[Mistake, ...]:
        """Return what an annotation has wrong, as examples for a prompt and its optimisation.

        Args:
            document: the gold document.
            predicted: another annotation of its text.
        """

    def count(self, gold: Annotation, predicted: Annotation) -> Counts:
        """Score one document, ``documents=1``."""


@runtime_checkable
class StepsTask(Protocol):
    """A task with prompts that request steps before the answer; ``task.steps`` replaces them."""

    def steps(self, prompt: str) -> str:
        """Return the steps that a prompt requests before the answer; empty: the answer alone."""
