"""Votes over overlapping spans: every span is decided on its own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from vermeil.data.document import Annotation, LabelAbstention, Range, Span
from vermeil.data.region import SpanKey, merge_ranges
from vermeil.tasks.ner.votes import count_votes
from vermeil.tasks.votes import VotedSpan, VoteResult, VotingRule


def vote_nested(
    voter_annotations: Sequence[Annotation], keep: VotingRule, abstain: bool
) -> VoteResult:
    """Merge annotations: each is one vote for each of its spans, and overlaps are kept.

    Args:
        voter_annotations: the annotation of each voter; none is unannotated.
        keep: rule for the number of votes that is enough.
        abstain: abstain from the label of a span with too few votes; otherwise it is not there.
    """
    ranges = [where for one in voter_annotations for where in one.abstain]
    labels = [unknown for one in voter_annotations for unknown in one.abstain_labels]
    return resolve_nested(count_votes(voter_annotations, keep), ranges, labels, abstain)


def resolve_nested(
    voted_spans: Iterable[VotedSpan],
    abstained: Sequence[Range],
    abstained_labels: Sequence[LabelAbstention],
    abstain: bool,
) -> VoteResult:
    """Return the vote with all kept candidates; of equal ones, the one with more votes.

    Args:
        voted_spans: the candidates; ``kept`` marks those to keep.
        abstained: ranges in which a voter abstained.
        abstained_labels: abstentions of voters from some labels.
        abstain: also abstain on candidates that lost, each from its label alone, unless a
            verification rejected them.
    """
    taken: dict[SpanKey, Span] = {}
    result: list[VotedSpan] = []
    for one in sorted(voted_spans, key=lambda c: (not c.kept, -c.votes, c.span.key)):
        if one.kept and one.span.key in taken:
            one = replace(one, kept=False)  # noqa: PLW2901
        elif one.kept:
            taken[one.span.key] = one.span
        result.append(one)
    lost = [c for c in result if abstain and not c.kept and not c.verified]
    unknown = {
        *abstained_labels,
        *(
            LabelAbstention((c.span.label,), c.span.start, c.span.end)
            for c in lost
            if c.span.key not in taken
        ),
    }
    ordered = sorted(unknown, key=lambda one: (one.start, one.end or 0, one.labels))
    annotation = Annotation(
        tuple(taken.values()),
        abstain=tuple(merge_ranges(abstained)),
        abstain_labels=tuple(ordered),
    )
    return VoteResult(
        annotation,
        tuple(sorted(result, key=lambda c: c.span.key)),
        {"abstained": len(lost)} if lost else {},
        tuple(abstained),
        tuple(abstained_labels),
    )
