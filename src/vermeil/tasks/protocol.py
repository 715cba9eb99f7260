"""What every task offers. All shared stages are written against this, never against spans."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from vermeil.data.counts import Counts
from vermeil.data.document import UNANNOTATED, Annotation, Document, Range, Span
from vermeil.data.example import Target
from vermeil.data.mention import LocatedMention
from vermeil.data.region import Candidate, Region
from vermeil.data.reply import Message, Reply, State
from vermeil.tasks.config import TaskConfig
from vermeil.tasks.votes import Verification, VoteResult, VotingRule

Head = Literal["token", "sequence"]
"""The student's head: one decision per word, or one per document."""


@dataclass(frozen=True, slots=True)
class ReplyResult:
    """What a task made of one reply.

    Args:
        state: DONE, EMPTY, REFUSED, TRUNCATED or UNPARSABLE.
        annotation: what the reply says about the text; unannotated unless DONE or EMPTY.
        mentions: every mention with what became of it (tasks without mentions: empty).
        problem: why the reply could not be used, in words.
        notes: named oddities of the reply to number, e.g. ``off_schema``.
    """

    state: State
    annotation: Annotation = UNANNOTATED
    mentions: tuple[LocatedMention, ...] = ()
    problem: str | None = None
    notes: Mapping[str, int] = field(default_factory=dict)


class Task(Protocol):
    """One kind of annotation, whole: prompts, replies, targets, decoding and scoring."""

    @property
    def config(self) -> TaskConfig:
        """The section that the task was made from; a model folder keeps it."""

    @property
    def name(self) -> str:
        """The key in `TASKS`."""

    @property
    def head(self) -> Head:
        """Which head the student needs."""

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels of the user's label set."""

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes of the student's head (for ner: O, B-PER, I-PER, …)."""

    @property
    def prompts(self) -> tuple[str, ...]:
        """Names of the prompts that `render` knows."""

    def check(self, document: Document) -> None:
        """Raise `DataError` unless the document's annotation is one this task can use."""

    def render(
        self, prompt: str, text: str, demonstrations: Sequence[Document] = ()
    ) -> tuple[Message, ...]:
        """Return the chat messages that ask for the annotation of ``text``.

        The last message is the user's and ends with ``text``, which begins on a line of its own.

        Args:
            prompt: one of `prompts`.
            text: the document's text.
            demonstrations: annotated documents, shown before it with their right answers in the
                format that is asked for.
        """

    def schema(self, prompt: str) -> Mapping[str, Any] | None:
        """Return the JSON schema that every reply to a prompt can be held to.

        It depends on the task's configuration alone, never on a text. None where a reply is more
        than one JSON object: the prompt has the teacher reason first, or the format is not JSON.
        """

    def read(self, text: str, reply: Reply) -> ReplyResult:
        """Parse a reply and locate what it says in ``text``; never raises on a bad reply."""

    def vote(
        self, voter_annotations: Sequence[Annotation], keep: VotingRule, abstain: bool
    ) -> VoteResult:
        """Return what several usable answers about one text come to.

        Args:
            voter_annotations: the annotation of each answer.
            keep: how many votes are enough.
            abstain: whether what did not get them is unknown instead of not there.
        """

    @property
    def verification(self) -> Verification | None:
        """How to ask again about what was contested; None: the task cannot."""

    def encode(self, document: Document, words: Sequence[Range]) -> Target:
        """Return the classes that the student should give to the document's words."""

    def decode(self, words: Sequence[Range], probabilities: NDArray[np.float32]) -> Annotation:
        """Return the annotation that the student's probabilities mean.

        Args:
            words: the ranges of the document's words.
            probabilities: shape (words, classes) for a token head, (1, classes) for a sequence
                head.
        """

    def span_keys(self, document: Document, words: Sequence[Range]) -> Candidate:
        """Return the document's annotation as marks, as far as the student can learn it.

        Args:
            document: annotated.
            words: the ranges of its words.
        """

    def make_annotation(self, spans: Sequence[Span], abstain: Sequence[Range]) -> Annotation:
        """Return the annotation that marks come to, with what is known of each.

        Args:
            spans: the marks.
            abstain: where nobody knows.
        """

    def regions(
        self,
        document: Document,
        words: Sequence[Range],
        probabilities: NDArray[np.float32] | None,
        auxiliary_probabilities: Sequence[NDArray[np.float32]] = (),
    ) -> tuple[Region, ...]:
        """Return where teacher and students see something, and what may be true there, in order.

        Args:
            document: annotated by the teacher.
            words: the ranges of its words.
            probabilities: as for `decode`, of students that did not learn from the document; None:
                there are no students.
            auxiliary_probabilities: the same of each who is asked besides: they add no options.
        """

    def count(self, gold: Annotation, predicted: Annotation) -> Counts:
        """Score one document, ``documents=1``."""
