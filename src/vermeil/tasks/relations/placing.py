"""Placing of a reply's relations: from names of ends to pairs of located entities.

An end means the accepted spans of the reply's entities with its name (or id). If these are several,
because a name occurs more than once, the relation is placed at one pair of them:

1. A pair within the evidence that the reply quotes goes first.
2. Then the pair with the fewest characters between both ends, then the first one in the text.
3. A repeated relation takes the next pair in this order.

The other pairs of these names become abstentions for the type: the reply does not decide about
them. A relation with an end that has no span becomes an abstention for all pairs of its other end.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from vermeil.data.document import Range, Span
from vermeil.data.logprobs import Logprobs
from vermeil.data.mention import LocatedMention
from vermeil.data.relation import PairAbstention, Relation
from vermeil.tasks.label_names import fold
from vermeil.tasks.ner.confidence import confidence
from vermeil.tasks.relations.claims import ClaimedEnd, RelationClaim
from vermeil.tasks.relations.types import RelationTypes

UNPLACED = "relations_unplaced"
"""Note: relations with an end that has no span."""
OFF_SCHEMA = "relations_off_schema"
"""Note: relations of an unknown type, or between labels that their type does not connect."""
AMBIGUOUS = "relations_ambiguous"
"""Note: relations whose names occur several times, placed at the nearest pair."""
DUPLICATE = "relations_duplicate"
"""Note: repeated relations without a further pair of spans."""
SELF = "relations_self"
"""Note: relations of a span with itself."""

_MAX_OCCURRENCES = 64
"""Maximum number of spans of one name that are compared."""

Pair = tuple[int, int]
"""Indices of head and tail."""


@dataclass(frozen=True, slots=True)
class PlacedRelations:
    """Relations between the spans of a text.

    Args:
        relations: the placed relations.
        abstain_pairs: pairs about which the reply does not decide.
        notes: irregularities, name to count.
    """

    relations: tuple[Relation, ...] = ()
    abstain_pairs: tuple[PairAbstention, ...] = ()
    notes: Mapping[str, int] = field(default_factory=dict)


def place_relations(
    text: str,
    claims: Iterable[RelationClaim],
    located: Sequence[LocatedMention],
    spans: Sequence[Span],
    types: RelationTypes,
    logprobs: Logprobs | None = None,
) -> PlacedRelations:
    """Return the relations of a reply as pairs of spans, by the rules of this module.

    Args:
        text: the document's text.
        claims: the relations of the reply.
        located: the entities of the reply.
        spans: the spans of the annotation, in order.
        types: the types of relations.
        logprobs: log-probabilities of the reply, for the scores of relations; None: no scores.
    """
    placing = _Placing(text, spans, types, _EndFinder(text, located, spans))
    for claim in claims:
        score = None if logprobs is None else confidence(claim, logprobs)
        placing.add(claim, score)
    return placing.result()


class _EndFinder:
    """The spans that the name of an end means.

    Args:
        text: the document's text.
        located: the entities of the reply.
        spans: the spans of the annotation.
    """

    def __init__(self, text: str, located: Sequence[LocatedMention], spans: Sequence[Span]) -> None:
        index = {span.key: number for number, span in enumerate(spans)}
        self._mentions: dict[str, list[list[int]]] = {}
        self._folded: dict[str, set[int]] = {}
        for one in located:
            numbers = [index[span.key] for span in one.spans if span.key in index]
            self._mentions.setdefault(one.mention.surface, []).append(numbers)
            self._folded.setdefault(fold(one.mention.surface), set()).update(numbers)
        for number, span in enumerate(spans):
            self._folded.setdefault(fold(text[span.start : span.end]), set()).add(number)

    def find(self, end: ClaimedEnd) -> list[int]:
        """Return the indices of the spans, in order; none if the end has no span."""
        mentions = self._mentions.get(end.surface, [])
        if end.number is not None and end.number < len(mentions) and mentions[end.number]:
            return mentions[end.number]
        found = {number for numbers in mentions for number in numbers}
        return sorted(found or self._folded.get(fold(end.surface), set()))[:_MAX_OCCURRENCES]


class _Placing:
    """The relations that were placed so far.

    Args:
        text: the document's text.
        spans: the spans of the annotation.
        types: the types of relations.
        finder: finds the spans of an end.
    """

    def __init__(
        self, text: str, spans: Sequence[Span], types: RelationTypes, finder: _EndFinder
    ) -> None:
        self._text, self._spans, self._types, self._finder = text, spans, types, finder
        self._relations: dict[tuple[int, int, str], Relation] = {}
        self._unknown: set[PairAbstention] = set()
        self._notes: Counter[str] = Counter()

    def result(self) -> PlacedRelations:
        """Return the relations, and the abstentions for pairs without one of the same type."""
        unknown = [
            one
            for one in self._unknown
            if one.head is None or one.tail is None or one.key not in self._relations
        ]
        ordered = tuple(sorted(unknown, key=lambda one: one.key))
        return PlacedRelations(tuple(self._relations.values()), ordered, dict(self._notes))

    def add(self, claim: RelationClaim, score: float | None) -> None:
        """Place one relation, or count and mask it.

        Args:
            claim: the relation.
            score: the teacher's confidence in it.
        """
        label = self._types.label_set.normalise(claim.label)
        heads, tails = self._finder.find(claim.head), self._finder.find(claim.tail)
        pairs = [(head, tail) for head in heads for tail in tails if head != tail]
        if label is None:
            self._notes[OFF_SCHEMA] += 1
            self._unknown.update(PairAbstention(*pair) for pair in pairs)
            return
        if not heads or not tails:
            self._notes[UNPLACED] += 1
            self._mask_all(heads, tails, label)
            return
        if not pairs:
            self._notes[SELF] += 1
            return
        allowed = [pair for pair in pairs if self._allows(label, pair)]
        if not allowed:
            self._notes[OFF_SCHEMA] += 1
            turned = [pair[::-1] for pair in pairs if self._allows(label, pair[::-1])]
            self._unknown.update(PairAbstention(*pair, label) for pair in turned)
            return
        self._place(label, allowed, claim.evidence, score)

    def _place(
        self, label: str, pairs: Sequence[Pair], evidence: str | None, score: float | None
    ) -> None:
        where = self._evidence(evidence)
        ranked = sorted(pairs, key=lambda pair: self._distance(pair, where))
        keys = dict.fromkeys(self._types.order(*pair, label) for pair in ranked)
        free = [key for key in keys if key not in self._relations]
        if not free:
            self._notes[DUPLICATE] += 1
            return
        self._relations[free[0]] = Relation(*free[0], score)
        if len(keys) > 1:
            self._notes[AMBIGUOUS] += 1
            self._unknown.update(PairAbstention(*key) for key in free[1:])

    def _mask_all(self, heads: Iterable[int], tails: Iterable[int], label: str) -> None:
        """Mask all pairs of the known end of a relation; without any, nothing can be masked."""
        self._unknown.update(PairAbstention(head, None, label) for head in heads)
        self._unknown.update(PairAbstention(None, tail, label) for tail in tails)
        if self._types.is_symmetric(label):
            self._unknown.update(PairAbstention(None, head, label) for head in heads)
            self._unknown.update(PairAbstention(tail, None, label) for tail in tails)

    def _allows(self, label: str, pair: Pair) -> bool:
        head, tail = (self._spans[number] for number in pair)
        return self._types.allows(label, head.label, tail.label)

    def _evidence(self, evidence: str | None) -> Range | None:
        if not evidence or (start := self._text.find(evidence)) < 0:
            return None
        return start, start + len(evidence)

    def _distance(self, pair: Pair, evidence: Range | None) -> tuple[bool, int, Pair]:
        """Return the sort key of a pair: within the evidence, characters between, position."""
        head, tail = (self._spans[number] for number in pair)
        first, last = min(head.start, tail.start), max(head.end, tail.end)
        is_outside = evidence is not None and not (evidence[0] <= first and last <= evidence[1])
        gap = max(head.start, tail.start) - min(head.end, tail.end)
        return is_outside, max(gap, 0), pair
