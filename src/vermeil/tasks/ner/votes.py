"""Votes over the spans of several replies for one text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from vermeil.data.document import Annotation, Range, Span
from vermeil.data.mention import Status
from vermeil.data.region import merge_ranges
from vermeil.tasks.votes import VotedSpan, VoteResult, VotingRule, has_enough_votes

_DOUBTFUL = (Status.FUZZY.value, Status.AMBIGUOUS.value)


def vote_spans(
    voter_annotations: Sequence[Annotation], keep: VotingRule, abstain: bool
) -> VoteResult:
    """Merge annotations: each is one vote for each of its spans.

    A span's score is the share of voters that marked it with the same bounds and label. With a
    single voter the score is unchanged: None, or the confidence by log-probabilities. Confidences
    do not weight the votes: a span of probability p is already in a share p of the samples, so its
    uncertainty would count twice.

    Args:
        voter_annotations: the annotation of each voter; none is unannotated.
        keep: rule for the number of votes that is enough.
        abstain: abstain where a span has too few votes; otherwise nothing is marked there.
    """
    candidates = count_votes(voter_annotations, keep)
    unknown = [one for annotation in voter_annotations for one in annotation.abstain]
    return resolve(candidates, unknown, abstain)


def count_votes(voter_annotations: Sequence[Annotation], keep: VotingRule) -> list[VotedSpan]:
    """Return every span that a voter marked, with its votes, sorted by key.

    Args:
        voter_annotations: the annotation of each voter.
        keep: rule for the number of votes that is enough.
    """
    found: dict[tuple[int, int, str], list[Span]] = {}
    for annotation in voter_annotations:
        for span in annotation.spans or ():
            found.setdefault(span.key, []).append(span)
    voters = len(voter_annotations)
    return [_voted_span(found[key], voters, keep) for key in sorted(found)]


def resolve(
    voted_spans: Iterable[VotedSpan], abstained: Sequence[Range], abstain: bool
) -> VoteResult:
    """Return the vote after resolving overlaps of kept candidates.

    The candidate with more votes stays, then the longer one, then the first.

    Args:
        voted_spans: the candidates; ``kept`` marks those to keep.
        abstained: ranges in which a voter abstained.
        abstain: also abstain on candidates that lost, unless a verification rejected them.
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
    """Yield the merged ranges without the parts that spans cover."""
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
