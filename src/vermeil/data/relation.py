"""Relations between spans of one document, and pairs of spans whose relation is unknown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from vermeil.errors import DataError


@dataclass(frozen=True, slots=True)
class Relation:
    """Labelled, directed pair of spans of one document.

    Args:
        head: index of the first end in the annotation's ``spans``.
        tail: index of the second end; another span than ``head``.
        label: type of the relation.
        score: probability that the relation is right, in [0, 1].
    """

    head: int
    tail: int
    label: str
    score: float | None = None

    def __post_init__(self) -> None:
        if not self.label:
            raise DataError(f"relation from span {self.head} to span {self.tail} has no label")
        _check_ends(f"relation {self.label!r}", self.head, self.tail)
        if self.score is not None and not 0.0 <= self.score <= 1.0:
            raise DataError(f"relation {self.label!r} has score {self.score}, not in [0, 1]")

    @property
    def key(self) -> tuple[int, int, str]:
        """Head, tail and label: unique within an annotation."""
        return (self.head, self.tail, self.label)

    def renumber(self, place: Mapping[int, int]) -> Relation | None:
        """Return the relation with new indices of its ends; None if an end has none.

        Args:
            place: old to new index of each remaining span.
        """
        if self.head not in place or self.tail not in place:
            return None
        return replace(self, head=place[self.head], tail=place[self.tail])


@dataclass(frozen=True, slots=True)
class PairAbstention:
    """Pair of spans for which it is unknown whether a relation holds: masked in training.

    It does not affect relations that are annotated: these hold, whatever else is unknown.

    Args:
        head: index of the first end in the annotation's ``spans``; None: every span.
        tail: index of the second end; None: every span.
        label: the type of relation that is unknown; None: every type.
    """

    head: int | None = None
    tail: int | None = None
    label: str | None = None

    def __post_init__(self) -> None:
        if self.label == "":
            raise DataError("abstention of a pair has an empty label; leave the label out")
        _check_ends("abstention of a pair", self.head, self.tail)

    @property
    def key(self) -> tuple[int, int, str]:
        """Head, tail and label with -1 and "" for None, to sort and compare."""
        head, tail = (-1 if end is None else end for end in (self.head, self.tail))
        return (head, tail, self.label or "")

    def covers(self, head: int, tail: int, label: str | None = None) -> bool:
        """Return whether a pair is unknown, for one type or (None) for any type.

        Args:
            head: index of the first end.
            tail: index of the second end.
            label: type of the relation.
        """
        return (
            self.head in (None, head)
            and self.tail in (None, tail)
            and (label is None or self.label in (None, label))
        )

    def renumber(self, place: Mapping[int, int]) -> PairAbstention | None:
        """Return the abstention with new indices of its ends; None if an end has none.

        Args:
            place: old to new index of each remaining span.
        """
        if not all(end is None or end in place for end in (self.head, self.tail)):
            return None
        head, tail = (None if end is None else place[end] for end in (self.head, self.tail))
        return replace(self, head=head, tail=tail)


def _check_ends(what: str, head: int | None, tail: int | None) -> None:
    for end in (head, tail):
        if end is not None and end < 0:
            raise DataError(f"{what} names span {end}; expected an index from 0")
    if head is not None and head == tail:
        raise DataError(f"{what} has span {head} as head and as tail; expected two spans")
