"""Votes over several replies for one text, and verification of contested candidates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, Protocol

from vermeil.data.document import Annotation, LabelAbstention, Range, Span
from vermeil.data.reply import Message, Reply, State

VotingRule = Literal["majority", "unanimous", "any"]
"""Votes that keep a span: those of more than half of the voters, of all, or of at least one."""


@dataclass(frozen=True, slots=True)
class VotedSpan:
    """A span that at least one voter marked.

    Args:
        span: the span with its label.
        votes: number of voters that marked it.
        voters: number of all voters.
        kept: whether it is part of the annotation.
        doubtful: whether its position or bounds are uncertain.
        verified: whether a verification decided about it.
    """

    span: Span
    votes: int
    voters: int
    kept: bool
    doubtful: bool = False
    verified: bool = False

    @property
    def is_contested(self) -> bool:
        """Return whether the span needs verification."""
        return self.votes < self.voters or self.doubtful


@dataclass(frozen=True, slots=True)
class VotedRelation:
    """A relation between kept spans that at least one voter marked.

    Args:
        head: range of the first end.
        tail: range of the second end.
        label: type of the relation.
        score: share of the voters that marked it; with a single voter, the score of that voter.
        votes: number of voters that marked it.
        voters: number of all voters.
        doubtful: whether its place is uncertain, because a name occurs more than once.
    """

    head: Range
    tail: Range
    label: str
    score: float | None
    votes: int
    voters: int
    doubtful: bool = False

    @property
    def is_contested(self) -> bool:
        """Return whether the relation needs verification."""
        return self.votes < self.voters or self.doubtful


Contested = VotedSpan | VotedRelation
"""A candidate that needs verification."""


@dataclass(frozen=True, slots=True)
class VoteResult:
    """The result of a vote over several replies.

    Args:
        annotation: the merged annotation.
        voted_spans: every span that a voter marked, in the order of the text.
        notes: further counts, by name.
        abstained: ranges in which a voter abstained.
        abstained_labels: abstentions of voters from some labels.
        voted_relations: every relation that a voter marked between kept spans, in order.
    """

    annotation: Annotation
    voted_spans: tuple[VotedSpan, ...] = ()
    notes: Mapping[str, int] = field(default_factory=dict)
    abstained: tuple[Range, ...] = ()
    abstained_labels: tuple[LabelAbstention, ...] = ()
    voted_relations: tuple[VotedRelation, ...] = ()

    @property
    def contested_spans(self) -> tuple[VotedSpan, ...]:
        """The spans that need verification."""
        return tuple(c for c in self.voted_spans if c.is_contested)

    @property
    def contested(self) -> tuple[Contested, ...]:
        """The spans, then the relations that need verification."""
        relations = (c for c in self.voted_relations if c.is_contested)
        return (*self.contested_spans, *relations)

    @property
    def counts(self) -> dict[str, int]:
        """Numbers of voted spans; ``kept`` and ``lost`` add up to ``candidates``."""
        kept = sum(c.kept for c in self.voted_spans)
        return {
            "candidates": len(self.voted_spans),
            "unanimous": sum(c.votes == c.voters for c in self.voted_spans),
            "kept": kept,
            "lost": len(self.voted_spans) - kept,
            **self.notes,
        }


@dataclass(frozen=True, slots=True)
class Verdicts:
    """The teacher's decisions about contested candidates.

    Args:
        state: DONE, REFUSED, TRUNCATED or UNPARSABLE.
        answers: number of the contested candidate, from 1, to its correct label; None: no entity.
        problem: the reason why the reply could not be used, in words.
        notes: irregularities of the reply, name to count.
        relation_answers: number of the contested relation, from 1, to its correct type; None: no
            relation.
    """

    state: State
    answers: Mapping[int, str | None] = field(default_factory=dict)
    problem: str | None = None
    notes: Mapping[str, int] = field(default_factory=dict)
    relation_answers: Mapping[int, str | None] = field(default_factory=dict)


class Verification(Protocol):
    """The verification of contested candidates by a further request."""

    def render(self, text: str, contested: Sequence[Contested]) -> tuple[Message, ...]:
        """Return the chat messages; the last one ends with ``text``, which begins on a new line."""

    def read(self, text: str, reply: Reply) -> Verdicts:
        """Parse a reply; never raises on a bad one."""

    def apply_verdicts(
        self, text: str, vote: VoteResult, verdicts: Verdicts, abstain: bool
    ) -> VoteResult:
        """Return the vote with the verdicts applied; other candidates stay unchanged."""


def has_enough_votes(votes: int, voters: int, keep: VotingRule) -> bool:
    """Return whether a number of votes satisfies the rule."""
    if keep == "majority":
        return 2 * votes > voters
    return votes == voters if keep == "unanimous" else votes > 0


def with_verdict(voted_span: VotedSpan, label: str | None) -> VotedSpan:
    """Return a candidate with its verdict applied.

    Args:
        voted_span: the contested candidate.
        label: its correct label; None: not kept.
    """
    if label is None:
        return replace(voted_span, kept=False, verified=True)
    is_same = label == voted_span.span.label or voted_span.voters > 1
    # A single voter's confidence belongs to its own label.
    score = voted_span.span.score if is_same else None
    span = replace(voted_span.span, label=label, score=score)
    return replace(voted_span, span=span, kept=True, verified=True)
