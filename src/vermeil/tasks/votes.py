"""Several answers about one text: who said what, what stays, and what is asked about again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, Protocol

from vermeil.data.document import Annotation, Range, Span
from vermeil.data.reply import Message, Reply, State

VotingRule = Literal["majority", "unanimous", "any"]
"""Which spans stay: those of more than half of the voters, of all, or of at least one."""


@dataclass(frozen=True, slots=True)
class VotedSpan:
    """A span that at least one voter named.

    Args:
        span: where, and as what.
        votes: how many voters named it.
        voters: how many voted.
        kept: whether it is part of the annotation.
        doubtful: whether its place or bounds are a guess.
        verified: whether it was asked about again and answered.
    """

    span: Span
    votes: int
    voters: int
    kept: bool
    doubtful: bool = False
    verified: bool = False

    @property
    def is_contested(self) -> bool:
        """Whether it is worth asking about again."""
        return self.votes < self.voters or self.doubtful


@dataclass(frozen=True, slots=True)
class VoteResult:
    """What several answers come to.

    Args:
        annotation: what stays.
        voted_spans: everything that was named, in the order of the text.
        notes: what to number beside the candidates.
        abstained: where a voter abstained.
    """

    annotation: Annotation
    voted_spans: tuple[VotedSpan, ...] = ()
    notes: Mapping[str, int] = field(default_factory=dict)
    abstained: tuple[Range, ...] = ()

    @property
    def contested(self) -> tuple[VotedSpan, ...]:
        """What is worth asking about again."""
        return tuple(c for c in self.voted_spans if c.is_contested)

    @property
    def counts(self) -> dict[str, int]:
        """Numbers of candidates; ``kept`` and ``lost`` add up to ``candidates``."""
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
    """What a teacher said when it was asked again.

    Args:
        state: DONE, REFUSED, TRUNCATED or UNPARSABLE.
        answers: number of the contested candidate, from 1, to the right label, or None for "no
            entity".
        problem: why the reply could not be used, in words.
        notes: named oddities of the reply, to number.
    """

    state: State
    answers: Mapping[int, str | None] = field(default_factory=dict)
    problem: str | None = None
    notes: Mapping[str, int] = field(default_factory=dict)


class Verification(Protocol):
    """How a task asks again about contested candidates."""

    def render(self, text: str, contested: Sequence[VotedSpan]) -> tuple[Message, ...]:
        """Return the chat messages; the last one ends with ``text`` on lines of its own."""

    def read(self, text: str, reply: Reply) -> Verdicts:
        """Parse a reply; never raises on a bad one."""

    def apply_verdicts(
        self, text: str, vote: VoteResult, verdicts: Verdicts, abstain: bool
    ) -> VoteResult:
        """Return the vote with the verdicts in force; what nobody answered stays as it was."""


def has_enough_votes(votes: int, voters: int, keep: VotingRule) -> bool:
    """Whether so many of the voters are enough."""
    if keep == "majority":
        return 2 * votes > voters
    return votes == voters if keep == "unanimous" else votes > 0


def with_verdict(voted_span: VotedSpan, label: str | None) -> VotedSpan:
    """Return a candidate as the verdict has it: with this label, or lost."""
    if label is None:
        return replace(voted_span, kept=False, verified=True)
    is_same = label == voted_span.span.label or voted_span.voters > 1
    # A single voter's confidence was that in another label.
    score = voted_span.span.score if is_same else None
    span = replace(voted_span.span, label=label, score=score)
    return replace(voted_span, span=span, kept=True, verified=True)
