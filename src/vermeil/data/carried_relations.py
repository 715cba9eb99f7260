"""Relations of an annotation after its spans have changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from vermeil.data.document import Annotation, Span
from vermeil.data.relation import PairAbstention, Relation

Allows = Callable[[str, str, str], bool]
"""Return whether a type of relation may connect the labels of head and tail, in this order."""


def carry_relations(
    changed: Annotation, earlier: Annotation, allows: Allows
) -> tuple[Annotation, int]:
    """Return a changed annotation with the relations of the earlier one, and how many are lost.

    An earlier span is the changed span with the same bounds and label, or else the only changed
    span that overlaps it. A relation is lost if an end has no such span, or if the labels of its
    ends no longer allow it. The relations of spans without an earlier span are unknown.

    Args:
        changed: the annotation with other spans.
        earlier: the annotation before the change.
        allows: rule of the labels that a type of relation may connect.
    """
    if earlier.relations is None or changed.spans is None:
        return changed, 0
    spans = changed.spans
    place = _places(earlier.spans or (), spans)
    kept: dict[tuple[int, int, str], Relation] = {}
    for relation in earlier.relations:
        moved = _moved(relation, place)
        if moved is not None and allows(
            moved.label, spans[moved.head].label, spans[moved.tail].label
        ):
            kept.setdefault(moved.key, moved)
    unknown = {moved for one in earlier.abstain_pairs if (moved := _moved_abstention(one, place))}
    for number in set(range(len(spans))) - set(place.values()):
        unknown |= {PairAbstention(head=number), PairAbstention(tail=number)}
    result = replace(
        changed,
        relations=tuple(kept.values()),
        abstain_pairs=tuple(sorted(unknown, key=lambda one: one.key)),
    )
    return result, len(earlier.relations) - len(kept)


def _places(earlier: Sequence[Span], spans: Sequence[Span]) -> dict[int, int]:
    """Return the changed span of each earlier span that has one."""
    exact = {span.key: number for number, span in enumerate(spans)}
    place: dict[int, int] = {}
    for number, span in enumerate(earlier):
        found = exact.get(span.key)
        if found is None:
            near = [i for i, s in enumerate(spans) if s.start < span.end and s.end > span.start]
            found = near[0] if len(near) == 1 else None
        if found is not None:
            place[number] = found
    return place


def _moved(relation: Relation, place: dict[int, int]) -> Relation | None:
    if place.get(relation.head) == place.get(relation.tail):
        return None  # both ends are now one span, or neither has one
    return relation.renumber(place)


def _moved_abstention(one: PairAbstention, place: dict[int, int]) -> PairAbstention | None:
    ends = [None if end is None else place.get(end, -1) for end in (one.head, one.tail)]
    return None if ends[0] is not None and ends[0] == ends[1] else one.renumber(place)
