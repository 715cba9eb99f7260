"""Votes over spans: what several answers about one text come to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from vermeil.data.document import Annotation, Range, Span
from vermeil.data.mention import Status
from vermeil.data.ranges import merge_ranges
from vermeil.tasks.votes import VotedSpan, VoteResult, VotingRule, has_enough_votes

_DOUBTFUL = (Status.FUZZY.value, Status.AMBIGUOUS.value)


def vote_spans(
    voter_annotations: Sequence[Annotation], keep: VotingRule, abstain: bool
) -> VoteResult:
    """Let every annotation vote for its spans.

    A span's score is the share of the voters that have it, with the same bounds and label. With a
    single voter it stays what it was: none, or the confidence by log-probabilities. Votes do not
    count more or less by these: a span that is said with probability p is in a share p of the
    samples already, and its doubt would count twice.

    Args:
        voter_annotations: what each voter says; all annotated.
        keep: how many votes a span needs.
        abstain: where the votes for a span did not suffice, nobody knows; otherwise nothing is
            there.
    """
    found: dict[tuple[int, int, str], list[Span]] = {}
    for annotation in voter_annotations:
        for span in annotation.spans or ():
            found.setdefault(span.key, []).append(span)
    voters = len(voter_annotations)
    candidates = [_voted_span(found[key], voters, keep) for key in sorted(found)]
    unknown = [one for annotation in voter_annotations for one in annotation.abstain]
    return resolve(candidates, unknown, abstain)


def resolve(
    voted_spans: Iterable[VotedSpan], abstained: Sequence[Range], abstain: bool
) -> VoteResult:
    """Return the vote in which, of kept candidates that overlap, the one with more votes stays.

    Of equally many votes the longer one stays, then the first.

    Args:
        voted_spans: what was named; ``kept`` says who is to stay.
        abstained: where nobody knows anyway.
        abstain: nobody knows where a candidate lost, unless that was settled.
    """
    taken: list[Span] = []
    result: list[VotedSpan] = []
    for one in sorted(voted_spans, key=_precedence):
        if one.kept and any(s.start < one.span.end and one.span.start < s.end for s in taken):
            one = replace(one, kept=False)  # noqa: PLW2901
        if one.kept:
            taken.append(one.span)
        result.append(one)
    lost = [c for c in result if abstain and not c.kept and not c.verified]
    masked = [*abstained, *((c.span.start, c.span.end) for c in lost)]
    annotation = Annotation(tuple(taken), abstain=tuple(_uncovered(masked, taken)))
    ordered = tuple(sorted(result, key=lambda c: c.span.key))
    return VoteResult(
        annotation, ordered, {"abstained": len(lost)} if lost else {}, tuple(abstained)
    )


def _voted_span(spans: Sequence[Span], voters: int, keep: VotingRule) -> VotedSpan:
    votes = len(spans)
    span = min(spans, key=lambda s: s.status in _DOUBTFUL)
    if voters > 1:
        span = replace(span, score=votes / voters)
    return VotedSpan(
        span,
        votes,
        voters,
        has_enough_votes(votes, voters, keep),
        doubtful=span.status in _DOUBTFUL,
    )


def _precedence(one: VotedSpan) -> tuple[bool, int, int, tuple[int, int, str]]:
    return (not one.kept, -one.votes, one.span.start - one.span.end, one.span.key)


def _uncovered(ranges: Iterable[Range], spans: Iterable[Span]) -> Iterator[Range]:
    """Yield the ranges, joined where they touch, without what the spans cover."""
    cuts = sorted((span.start, span.end) for span in spans)
    for start, end in merge_ranges(ranges):
        for left, right in cuts:
            if right <= start or end <= left:
                continue
            if start < left:
                yield start, left
            start = right  # noqa: PLW2901
        if start < end:
            yield start, end
