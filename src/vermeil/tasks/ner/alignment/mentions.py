"""Location of mentions: assign the strings of a reply to spans of the text.

Replies hold strings instead of offsets, since language models cannot count characters. The rules:

- The occurrences of a mention are those of the first tier with any match
  (see `vermeil.tasks.ner.alignment.tiers`).
- Spans do not overlap. Of overlapping occurrences, the set with the largest sum of length times
  tier weight is kept. So a name is not marked within a longer name that is a mention, too. That
  occurrence then does not count as one of the name's occurrences. A name without any other
  occurrence is searched in the lower tiers.
- Mentions with the same occurrences share them. A mention with an occurrence number gets that
  occurrence or none; the numbers count all occurrences. The other mentions get the remaining
  occurrences in the order of the text. Surplus mentions are `DUPLICATE`, or `OVERLAP` if further
  occurrences lie in longer mentions.
- If there are fewer mentions than occurrences, they are `AMBIGUOUS`. ``repeats`` then decides:
  ``all`` assigns every remaining occurrence if the labels agree, ``first`` the first ones,
  ``abstain`` none.
- The order of mentions matters only if mentions with the same occurrences differ in their label.
- Mentions with an unknown label take part in that order if there are enough occurrences for all.

With ``nested`` spans may overlap. An occurrence within a longer mention then counts like any other,
with one exception: it is avoided if the longer mention has the same label and the name has enough
other occurrences. Mentions with the same occurrences and different labels share them as above if
there are enough occurrences for all. Otherwise, each label gets all of them.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
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
    Tier.POSSESSIVE: 17,
    Tier.ATTACHED: 15,
    Tier.EDITED: 12,
    Tier.GLUED: 12,
}
"""Weight per character of an occurrence in conflicts, in twentieths. With these weights, exact
names win against a misspelt name that covers only slightly more characters."""

TIER_STATUSES = {
    Tier.RAW: Status.EXACT,
    Tier.SPACED: Status.NORMALISED,
    Tier.FOLDED: Status.NORMALISED,
    Tier.LETTERS: Status.NORMALISED,
    Tier.POSSESSIVE: Status.NORMALISED,
    Tier.ATTACHED: Status.FUZZY,
    Tier.EDITED: Status.FUZZY,
    Tier.GLUED: Status.FUZZY,
}
"""Status of a mention with an unambiguous occurrence, by tier."""


def locate(
    text: str,
    mentions: Sequence[Mention],
    labels: LabelSet,
    repeats: RepeatHandling = "all",
    *,
    nested: bool = False,
) -> tuple[LocatedMention, ...]:
    """Locate every mention in ``text`` by the rules of this module.

    Args:
        text: the text.
        mentions: the mentions of a reply.
        labels: the label set.
        repeats: handling of surfaces that occur in the text more often than in the reply.
        nested: whether spans may overlap.

    Returns:
        One result per mention, in the same order. Accepted spans do not overlap, unless they are
        ``nested``. They have the label's name in the label set, ``status`` and
        ``origin="silver"``.
    """
    finder = SurfaceFinder(text)
    matches = _find_all(finder, mentions)
    pending = _assign_all(mentions, matches, labels, repeats, nested=nested)
    if nested:  # a mention is not hidden by another
        return tuple(one.to_located_mention() for one in pending)
    visible = {one.mention.surface for one in pending if not one.is_hidden}
    if hidden := {one.mention.surface for one in pending} - visible:
        further = {
            surface: finder.find(surface, {*matches[surface].occurrences}) for surface in hidden
        }
        found = {surface: more for surface, more in further.items() if more.tier is not None}
        if found:
            pending = _assign_all(mentions, {**matches, **found}, labels, repeats)
    return tuple(one.to_located_mention() for one in pending)


def _find_all(finder: SurfaceFinder, mentions: Sequence[Mention]) -> dict[str, SurfaceMatches]:
    """Return the matches of every surface.

    A surface with the sentence's full stop ("Tarsk.") also means the other occurrences of the name,
    unless the reply has the name without it, or numbers its occurrences.
    """
    matches = {surface: finder.find(surface) for surface in {m.surface: None for m in mentions}}
    numbered = {m.surface for m in mentions if m.occurrence is not None}
    written = {surface.strip() for surface in matches}
    for surface, found in matches.items():
        if found.bare and found.bare not in written and surface not in numbered:
            every = {*found.occurrences, *finder.find(found.bare).occurrences}
            matches[surface] = replace(found, occurrences=tuple(sorted(every)))
    return matches


def _assign_all(
    mentions: Sequence[Mention],
    matches: Mapping[str, SurfaceMatches],
    labels: LabelSet,
    repeats: RepeatHandling,
    *,
    nested: bool = False,
) -> list[_PendingMention]:
    """Return all mentions with their occurrences assigned, given the matches of their surfaces."""
    pending = [_PendingMention(m, matches[m.surface], labels.normalise(m.label)) for m in mentions]
    groups = _groups(pending)
    if nested:
        groups = [part for group in groups for part in group.by_label()]
    assignment = _NestedAssignment(groups) if nested else _Assignment(groups)
    for group in groups:
        _assign_occurrences(group, assignment, repeats)
    return pending


def _groups(pending: Sequence[_PendingMention]) -> list[_MentionGroup]:
    """Return the groups of mentions with the same occurrences."""
    groups: dict[tuple[Range, ...], _MentionGroup] = {}
    for one in pending:
        found = one.matches
        if found.tier is not None:
            group = groups.setdefault(found.occurrences, _MentionGroup(found.occurrences))
            group.members.append(one)
    return list(groups.values())


@dataclass(slots=True, eq=False)
class _PendingMention:
    """A mention with its matches, its label in the set, and its status so far."""

    mention: Mention
    matches: SurfaceMatches
    label: str | None
    status: Status = Status.NOT_FOUND
    assigned: list[Range] = field(default_factory=list)

    @property
    def requested_occurrence(self) -> Range | None:
        """The occurrence with the mention's number; None without a valid number."""
        number = self.mention.occurrence
        if number is None or not 1 <= number <= len(self.matches.occurrences):
            return None
        return self.matches.occurrences[number - 1]

    @property
    def is_hidden(self) -> bool:
        """Return whether its occurrences all overlap others, so a lower tier is worth a search."""
        return (
            self.status is Status.OVERLAP
            and self.label is not None
            and self.requested_occurrence is None
        )

    def assign(self, *occurrences: Range) -> None:
        self.assigned.extend(occurrences)
        if self.matches.tier is not None:
            self.status = TIER_STATUSES[self.matches.tier]

    def to_located_mention(self) -> LocatedMention:
        label, status = self.label, self.status
        spans: tuple[Span, ...] = ()
        if label is None:
            status = Status.OFF_SCHEMA
        else:
            spans = tuple(
                Span(*occurrence, label, status=status.value, origin="silver")
                for occurrence in sorted(self.assigned)
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
    """Mentions with the same occurrences."""

    occurrences: tuple[Range, ...]
    members: list[_PendingMention] = field(default_factory=list)

    @cached_property
    def tier_weight(self) -> int:
        """Weight per character of its occurrences; 0 if no label is in the set."""
        return max(
            (_weight(m.matches) for m in self.members if m.label),
            default=0,
        )

    @property
    def priority(self) -> tuple[int, int, tuple[Range, ...]]:
        """Sort key: of two groups with a common occurrence, the higher one gets it."""
        return self.tier_weight, -len(self.occurrences), self.occurrences

    def by_label(self) -> list[_MentionGroup]:
        """Return a group per label if there are too few occurrences for all mentions."""
        labels = {m.label: None for m in self.members}
        numbered = any(m.requested_occurrence is not None for m in self.members)
        if len(labels) < 2 or (len(self.members) <= len(self.occurrences) and not numbered):
            return [self]
        return [
            _MentionGroup(self.occurrences, [m for m in self.members if m.label == label])
            for label in labels
        ]

    def requested_occurrences(self) -> tuple[Range, ...]:
        """Return the occurrences that its mentions compete for."""
        claims = [m.requested_occurrence for m in self.members if m.label]
        if None in claims:
            return self.occurrences
        return tuple(c for c in claims if c is not None)


def _weight(found: SurfaceMatches) -> int:
    """Return the weight per character; punctuation that was cut off costs nothing."""
    if found.tier is None:
        return 0
    return TIER_WEIGHTS[Tier.RAW if found.bare else found.tier]


class _Assignment:
    """The kept occurrences, each with its group."""

    def __init__(self, groups: Iterable[_MentionGroup]) -> None:
        owners: dict[Range, _MentionGroup] = {}
        for group in groups:
            for occurrence in group.requested_occurrences():
                other = owners.setdefault(occurrence, group)
                if other is not group and group.priority > other.priority:
                    owners[occurrence] = group
        weights = {o: group.tier_weight * (o[1] - o[0]) for o, group in owners.items()}
        self._occurrences = sorted(select_disjoint(weights))
        self._ends = [end for _, end in self._occurrences]
        self._owners = {occurrence: owners[occurrence] for occurrence in self._occurrences}

    def is_assigned(self, group: _MentionGroup, occurrence: Range) -> bool:
        """Return whether an occurrence belongs to the group."""
        return self._owners.get(occurrence) is group

    def blockers(self, group: _MentionGroup, occurrence: Range) -> list[Range]:
        """Return the occurrences of other groups that overlap this one."""
        first = bisect_right(self._ends, occurrence[0])
        last = bisect_left(self._occurrences, (occurrence[1], 0))
        return [o for o in self._occurrences[first:last] if not self.is_assigned(group, o)]


class _NestedAssignment:
    """The occurrences of each group if spans may overlap.

    An occurrence within a longer one of the same label is avoided, if enough others are left.
    """

    def __init__(self, groups: Iterable[_MentionGroup]) -> None:
        self._longer: dict[str, list[Range]] = {}
        held = list(groups)
        for group in held:
            for label in {m.label for m in group.members if m.label}:
                self._longer.setdefault(label, []).extend(group.occurrences)
        self._avoided = {id(group): self._avoid(group) for group in held}

    def _avoid(self, group: _MentionGroup) -> frozenset[Range]:
        inner = frozenset(one for one in group.occurrences if self._containing(group, one))
        requested = {m.requested_occurrence for m in group.members}
        left = len(group.occurrences) - len(inner)
        return inner - requested if left >= max(1, len(group.members)) else frozenset()

    def _containing(self, group: _MentionGroup, inner: Range) -> list[Range]:
        """Return the longer occurrences around this one of mentions with the same label."""
        labels = {m.label for m in group.members if m.label}
        longer = {one for label in labels for one in self._longer[label]}
        return [one for one in longer if one[0] <= inner[0] and inner[1] <= one[1] and one != inner]

    def is_assigned(self, group: _MentionGroup, occurrence: Range) -> bool:
        """Return whether an occurrence belongs to the group."""
        return occurrence not in self._avoided[id(group)]

    def blockers(self, group: _MentionGroup, occurrence: Range) -> list[Range]:
        """Return the longer occurrences because of which the group does not get this one."""
        return [] if self.is_assigned(group, occurrence) else self._containing(group, occurrence)


def _assign_occurrences(
    group: _MentionGroup, assignment: _Assignment | _NestedAssignment, repeats: RepeatHandling
) -> None:
    free = [one for one in group.occurrences if assignment.is_assigned(group, one)]
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
    left = [occurrence for occurrence in free if occurrence not in claimed]
    is_ambiguous = bool(rest) and len(rest) + len(claimed) < _count_available(group, assignment)
    if len(rest) > len(left):
        surplus = sorted(rest, key=_tier_rank)[len(left) :]
        reason = _rejection_status(group, assignment, group.occurrences)
        for one in surplus:
            one.status = reason
        rest = [one for one in rest if one.status is not reason]
    for one, occurrence in zip(rest, left, strict=False):
        one.assign(occurrence)
    if is_ambiguous:
        _resolve_repeats(rest, left, repeats)


def _tier_rank(one: _PendingMention) -> int:
    """Return the sort key that puts mentions of higher tiers first."""
    return 0 if one.matches.tier is None else -TIER_WEIGHTS[one.matches.tier]


def _count_available(group: _MentionGroup, assignment: _Assignment | _NestedAssignment) -> int:
    """Return the number of the group's occurrences that no other group's occurrence overlaps."""
    if len(group.occurrences) == 1:
        return 1
    return sum(not assignment.blockers(group, occurrence) for occurrence in group.occurrences)


def _resolve_repeats(
    rest: list[_PendingMention], left: list[Range], repeats: RepeatHandling
) -> None:
    """Apply ``repeats`` to mentions that are fewer than their occurrences."""
    agree = len({one.label for one in rest}) == 1
    if repeats == "all" and agree:
        rest[0].assign(*left[len(rest) :])
    for one in rest:
        one.status = Status.AMBIGUOUS
        if repeats == "abstain" or (repeats == "all" and not agree):
            one.assigned.clear()


def _rejection_status(
    group: _MentionGroup,
    assignment: _Assignment | _NestedAssignment,
    requested: Sequence[Range],
) -> Status:
    """Return the status of a mention whose requested occurrences belong to other mentions."""
    blockers = [(b, o) for o in requested for b in assignment.blockers(group, o)]
    return Status.OVERLAP if any(b != o for b, o in blockers) else Status.DUPLICATE
