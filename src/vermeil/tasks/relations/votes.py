"""Votes over the relations of several replies, after the vote over their entities."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from vermeil.data.document import Annotation, Range, Span
from vermeil.data.relation import PairAbstention, Relation
from vermeil.tasks.relations.types import RelationTypes
from vermeil.tasks.votes import VotedRelation, VoteResult, VotingRule, has_enough_votes

_Key = tuple[Range, Range, str]
"""Boundaries of head and tail, and the type: the labels of the ends are voted on separately."""


def add_relation_votes(
    vote: VoteResult,
    voter_annotations: Sequence[Annotation],
    types: RelationTypes,
    keep: VotingRule,
    abstain: bool,
) -> VoteResult:
    """Return the result of a vote over entities with the vote over relations between them.

    A relation is kept if it has enough votes, both ends are kept and its type connects their
    labels. Its score is the share of voters; with a single voter, the score of that voter.

    Args:
        vote: the vote over the entities.
        voter_annotations: the annotation of each voter.
        types: the types of relations.
        keep: rule for the number of votes that is enough.
        abstain: abstain on pairs whose relation has too few votes.
    """
    spans = vote.annotation.spans or ()
    place = {(span.start, span.end): number for number, span in enumerate(spans)}
    found: dict[_Key, list[float | None]] = {}
    doubtful: set[_Key] = set()
    for annotation in voter_annotations:
        for key, score in _relations(annotation, types):
            found.setdefault(key, []).append(score)
        doubtful.update(_doubtful_relations(annotation, types))
    voters = len(voter_annotations)
    relations, unknown = [], set(_voter_abstentions(voter_annotations, place))
    voted: list[VotedRelation] = []
    for (head_range, tail_range, label), scores in sorted(found.items()):
        if head_range not in place or tail_range not in place:
            continue
        head, tail = place[head_range], place[tail_range]
        if not types.allows(label, spans[head].label, spans[tail].label):
            continue
        score = scores[0] if voters == 1 else len(scores) / voters
        is_doubtful = (head_range, tail_range, label) in doubtful
        votes = (len(scores), voters, is_doubtful)
        voted.append(VotedRelation(head_range, tail_range, label, score, *votes))
        if has_enough_votes(len(scores), voters, keep):
            relations.append(Relation(head, tail, label, score))
        elif abstain:
            unknown.add(PairAbstention(head, tail, label))
    pairs = tuple(sorted(unknown, key=lambda pair: pair.key))
    annotation = replace(vote.annotation, relations=tuple(relations), abstain_pairs=pairs)
    notes = {"relations_kept": len(relations), "relations_lost": len(found) - len(relations)}
    counted = {name: number for name, number in notes.items() if number}
    return replace(
        vote,
        annotation=annotation,
        notes={**vote.notes, **counted},
        voted_relations=tuple(voted),
    )


def _relations(annotation: Annotation, types: RelationTypes) -> Iterator[tuple[_Key, float | None]]:
    """Yield each relation of a voter by the boundaries of its ends, with its score."""
    ranges = [(span.start, span.end) for span in annotation.spans or ()]
    for one in annotation.relations or ():
        head, tail, label = types.order(one.head, one.tail, one.label)
        yield (ranges[head], ranges[tail], label), one.score


def _doubtful_relations(annotation: Annotation, types: RelationTypes) -> Iterator[_Key]:
    """Yield the relations of a voter whose names occur several times: another pair is unknown."""
    ranges = [(span.start, span.end) for span in annotation.spans or ()]
    for one in annotation.relations or ():
        rivals = (
            pair
            for pair in annotation.abstain_pairs
            if pair.label == one.label and pair.head is not None and pair.tail is not None
        )
        if any({pair.head, pair.tail} & {one.head, one.tail} for pair in rivals):
            head, tail, label = types.order(one.head, one.tail, one.label)
            yield ranges[head], ranges[tail], label


def _voter_abstentions(
    annotations: Iterable[Annotation], place: dict[Range, int]
) -> Iterator[PairAbstention]:
    """Yield the abstentions of all voters between spans that were kept."""
    for annotation in annotations:
        numbers = {
            number: place[span.start, span.end]
            for number, span in enumerate(annotation.spans or ())
            if (span.start, span.end) in place
        }
        moved = (pair.renumber(numbers) for pair in annotation.abstain_pairs)
        yield from (pair for pair in moved if pair is not None)


def carry_relations(target: Annotation, source: Annotation, types: RelationTypes) -> Annotation:
    """Return an annotation with the relations of another one, as far as its spans allow them.

    Spans correspond if their boundaries are equal. A relation is dropped if an end is missing or
    its type does not connect the new labels of its ends. All pairs of a span that the other
    annotation does not have are unknown.

    Args:
        target: the annotation with the new spans.
        source: the annotation with the relations.
        types: the types of relations.
    """
    spans: Sequence[Span] = target.spans or ()
    place = {(span.start, span.end): number for number, span in enumerate(spans)}
    numbers = {
        number: place[span.start, span.end]
        for number, span in enumerate(source.spans or ())
        if (span.start, span.end) in place
    }
    moved = (one.renumber(numbers) for one in source.relations or ())
    relations = tuple(
        one
        for one in moved
        if one is not None and types.allows(one.label, spans[one.head].label, spans[one.tail].label)
    )
    pairs = (one.renumber(numbers) for one in source.abstain_pairs)
    new = [number for number in range(len(spans)) if number not in set(numbers.values())]
    unknown = {
        *(one for one in pairs if one is not None),
        *(PairAbstention(number, None) for number in new),
        *(PairAbstention(None, number) for number in new),
    }
    ordered = tuple(sorted(unknown, key=lambda pair: pair.key))
    return replace(target, relations=relations, abstain_pairs=ordered)
