"""Finding in the text what the teacher said: from mentions to spans.

Teachers are asked for strings, since they cannot count characters. This is the policy:

- A mention may mean every occurrence in the first tier that has one
  (see `vermeil.tasks.ner.alignment.tiers`).
- Spans do not overlap. Of places that do, those are kept that together say most: the sum of length
  times confidence in the tier decides. So a name does not stand within a longer one that was said,
  too, and neither does its place there count as one of its places. If it has no other, the tiers
  below are looked at.
- Mentions that may mean the same places share them out. One that says which occurrence it means
  gets that one or none; occurrences are counted over all places. The others take the places that
  are left, in the order of the text; if they are more than the places, the rest are `DUPLICATE`,
  or `OVERLAP` where further places are in longer mentions.
- If they are fewer, they are `AMBIGUOUS`, and the policy decides: ``all`` gives them every place
  that is left (provided that they agree on the label), ``first`` the first ones, ``abstain`` none.
- The order of the mentions matters only where mentions of the same places differ in their label.
- Mentions off the schema have their place in that order, if there are places enough for all.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from vermeil.data.document import Range, Span
from vermeil.data.mention import LocatedMention, Mention, Status, Tier
from vermeil.tasks.config import RepeatHandling
from vermeil.tasks.labels import LabelSet
from vermeil.tasks.ner.alignment.intervals import select_disjoint
from vermeil.tasks.ner.alignment.tiers import SurfaceFinder, SurfaceMatches

TIER_WEIGHTS = {
    Tier.RAW: 20,
    Tier.SPACED: 19,
    Tier.FOLDED: 18,
    Tier.LETTERS: 17,
    Tier.ATTACHED: 15,
    Tier.EDITED: 12,
}
"""What a character of a place counts when places overlap, in twentieths. Chosen so that exact
names beat a misspelt one that covers little more than they do."""

TIER_STATUSES = {
    Tier.RAW: Status.EXACT,
    Tier.SPACED: Status.NORMALISED,
    Tier.FOLDED: Status.NORMALISED,
    Tier.LETTERS: Status.NORMALISED,
    Tier.ATTACHED: Status.FUZZY,
    Tier.EDITED: Status.FUZZY,
}
"""The status of a mention whose place is certain."""


def locate(
    text: str, mentions: Sequence[Mention], labels: LabelSet, repeats: RepeatHandling = "all"
) -> tuple[LocatedMention, ...]:
    """Locate every mention in ``text``; see the policy above.

    Args:
        text: the text.
        mentions: what was said about it.
        labels: the label set.
        repeats: what is done with mentions that stand there more often than they were said.

    Returns:
        One result per mention, in the same order. Accepted spans do not overlap; they carry the
        label set's name of the label, ``status`` and ``origin="silver"``.
    """
    source = SurfaceFinder(text)
    hits = {surface: source.find(surface) for surface in {m.surface: None for m in mentions}}
    said = _assign_all(mentions, hits, labels, repeats)
    seen = {one.mention.surface for one in said if not one.is_hidden}
    if hidden := {one.mention.surface for one in said} - seen:
        further = {
            surface: source.find(surface, {*hits[surface].occurrences}) for surface in hidden
        }
        found = {surface: more for surface, more in further.items() if more.tier is not None}
        said = _assign_all(mentions, {**hits, **found}, labels, repeats) if found else said
    return tuple(one.to_located_mention() for one in said)


def _assign_all(
    mentions: Sequence[Mention],
    matches: Mapping[str, SurfaceMatches],
    labels: LabelSet,
    repeats: RepeatHandling,
) -> list[_PendingMention]:
    """Decide on the places of all mentions, given what they may mean."""
    said = [_PendingMention(m, matches[m.surface], labels.normalise(m.label)) for m in mentions]
    groups: dict[tuple[Range, ...], _MentionGroup] = {}
    by_surface = {
        surface: groups.setdefault(found.occurrences, _MentionGroup(found.occurrences))
        for surface, found in matches.items()
        if found.tier is not None
    }
    for one in said:
        if one.matches.tier is not None:
            by_surface[one.mention.surface].members.append(one)
    chosen = _Assignment(groups.values())
    for group in groups.values():
        _assign_occurrences(group, chosen, repeats)
    return said


@dataclass(slots=True, eq=False)
class _PendingMention:
    """A mention, where it may stand, its label in the set, and what becomes of it."""

    mention: Mention
    matches: SurfaceMatches
    label: str | None
    status: Status = Status.NOT_FOUND
    assigned: list[Range] = field(default_factory=list)

    @property
    def requested_occurrence(self) -> Range | None:
        """The place that the teacher said, if there is one of that number."""
        number = self.mention.occurrence
        if number is None or not 1 <= number <= len(self.matches.occurrences):
            return None
        return self.matches.occurrences[number - 1]

    @property
    def is_hidden(self) -> bool:
        """Whether it stands only within or across others, and may stand elsewhere, less exactly."""
        return (
            self.status is Status.OVERLAP
            and self.label is not None
            and self.requested_occurrence is None
        )

    def assign(self, *places: Range) -> None:
        self.assigned.extend(places)
        if self.matches.tier is not None:
            self.status = TIER_STATUSES[self.matches.tier]

    def to_located_mention(self) -> LocatedMention:
        label, status = self.label, self.status
        spans: tuple[Span, ...] = ()
        if label is None:
            status = Status.OFF_SCHEMA
        else:
            spans = tuple(
                Span(*place, label, status=status.value, origin="silver")
                for place in sorted(self.assigned)
            )
        return LocatedMention(
            self.mention,
            status,
            spans[0] if spans else None,
            self.matches.occurrences,
            self.matches.tier,
            self.matches.distance,
            spans[1:],
        )


@dataclass(eq=False)
class _MentionGroup:
    """Mentions that may mean the same places."""

    occurrences: tuple[Range, ...]
    members: list[_PendingMention] = field(default_factory=list)

    @cached_property
    def tier_weight(self) -> int:
        """What a character of its places counts; 0 if no label is in the set."""
        return max(
            (TIER_WEIGHTS[m.matches.tier] for m in self.members if m.label and m.matches.tier),
            default=0,
        )

    @property
    def priority(self) -> tuple[int, int, tuple[Range, ...]]:
        """The higher of two has a place that both may mean."""
        return self.tier_weight, -len(self.occurrences), self.occurrences

    def requested_occurrences(self) -> tuple[Range, ...]:
        """The places that its mentions compete for."""
        claims = [m.requested_occurrence for m in self.members if m.label]
        if None in claims:
            return self.occurrences
        return tuple(c for c in claims if c is not None)


class _Assignment:
    """The places that are kept, each with the group that has it."""

    def __init__(self, groups: Iterable[_MentionGroup]) -> None:
        owners: dict[Range, _MentionGroup] = {}
        for group in groups:
            for place in group.requested_occurrences():
                other = owners.setdefault(place, group)
                if other is not group and group.priority > other.priority:
                    owners[place] = group
        weights = {p: group.tier_weight * (p[1] - p[0]) for p, group in owners.items()}
        self._occurrences = sorted(select_disjoint(weights))
        self._ends = [end for _, end in self._occurrences]
        self._owners = {place: owners[place] for place in self._occurrences}

    def is_assigned(self, group: _MentionGroup, place: Range) -> bool:
        """Whether the group has the place."""
        return self._owners.get(place) is group

    def blockers(self, group: _MentionGroup, place: Range) -> list[Range]:
        """The places of other groups that this one would overlap."""
        first = bisect_right(self._ends, place[0])
        last = bisect_left(self._occurrences, (place[1], 0))
        return [p for p in self._occurrences[first:last] if not self.is_assigned(group, p)]


def _assign_occurrences(
    group: _MentionGroup, assignment: _Assignment, repeats: RepeatHandling
) -> None:
    free = [place for place in group.occurrences if assignment.is_assigned(group, place)]
    holders = group.members
    if len(holders) > len(free):
        holders = [m for m in holders if m.label]
    claimed: set[Range] = set()
    for one in sorted(holders, key=_tier_rank):
        if one.requested_occurrence is None:
            continue
        if one.requested_occurrence in claimed or not assignment.is_assigned(
            group, one.requested_occurrence
        ):
            one.status = _rejection_status(group, assignment, [one.requested_occurrence])
        else:
            claimed.add(one.requested_occurrence)
            one.assign(one.requested_occurrence)
    rest = [one for one in holders if one.requested_occurrence is None]
    left = [place for place in free if place not in claimed]
    is_ambiguous = bool(rest) and len(rest) + len(claimed) < _count_available(group, assignment)
    if len(rest) > len(left):
        surplus = sorted(rest, key=_tier_rank)[len(left) :]
        reason = _rejection_status(group, assignment, group.occurrences)
        for one in surplus:
            one.status = reason
        rest = [one for one in rest if one.status is not reason]
    for one, place in zip(rest, left, strict=False):
        one.assign(place)
    if is_ambiguous:
        _resolve_repeats(rest, left, repeats)


def _tier_rank(one: _PendingMention) -> int:
    """Sorts mentions that were found with less effort first."""
    return 0 if one.matches.tier is None else -TIER_WEIGHTS[one.matches.tier]


def _count_available(group: _MentionGroup, assignment: _Assignment) -> int:
    """How many places the group may mean: all that no other group's place overlaps."""
    if len(group.occurrences) == 1:
        return 1
    return sum(not assignment.blockers(group, place) for place in group.occurrences)


def _resolve_repeats(
    rest: list[_PendingMention], left: list[Range], repeats: RepeatHandling
) -> None:
    """Apply the policy to mentions that are fewer than their places."""
    agree = len({one.label for one in rest}) == 1
    if repeats == "all" and agree:
        rest[0].assign(*left[len(rest) :])
    for one in rest:
        one.status = Status.AMBIGUOUS
        if repeats == "abstain" or (repeats == "all" and not agree):
            one.assigned.clear()


def _rejection_status(
    group: _MentionGroup, assignment: _Assignment, wanted: Sequence[Range]
) -> Status:
    """Say why a mention has no place: others have the very same, or overlap it."""
    blockers = [(b, p) for p in wanted for b in assignment.blockers(group, p)]
    return Status.OVERLAP if any(b != p for b, p in blockers) else Status.DUPLICATE
