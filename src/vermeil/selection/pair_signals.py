"""Signals of the candidates of a pair of spans: the features of the judge of relations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from vermeil.data.region import PairCandidate, PairRegion
from vermeil.selection.judge import SignalMatrix
from vermeil.selection.signals import MAX_LOG_RATIO, NOTHING

_SOURCES = ("teacher", "students", "gold")
_STATISTICS = tuple(
    f"{kind} pair, {source}" for kind in ("surface", "label") for source in _SOURCES
)


@dataclass(frozen=True, slots=True)
class PairDocument:
    """A document with its pairs of spans, as input of the judge of relations.

    Args:
        group: its group.
        regions: the pairs that teacher or students relate.
        surfaces: case-folded words of both spans of each pair.
        correct: of a gold document, the index of the correct candidate of each pair; -1 if no
            candidate is correct. None: not a gold document.
    """

    group: str
    regions: tuple[PairRegion, ...]
    surfaces: tuple[tuple[str, str], ...]
    correct: tuple[int, ...] | None = None


def pair_signal_names(types: Sequence[str]) -> tuple[str, ...]:
    """Return the names of the signals, in the order of their values.

    Args:
        types: the types of relations.
    """
    return (
        "students",
        "teacher label",
        "student label",
        *(_confusion_name(a, b) for a in (*types, NOTHING) for b in types),
        *(_confusion_name(a, NOTHING) for a in types),
        "other direction",
        *_STATISTICS,
        "number of relations",
        "distance",
        "teacher uncertainty",
    )


def pair_prior_weights(types: Sequence[str]) -> NDArray[np.float64]:
    """Return the prior weights of the judge of relations, shape (signals,).

    Args:
        types: the types of relations.
    """
    prior = {"students": 0.5, "teacher label": 1.0, "surface pair, gold": 0.5}
    return np.array([prior.get(name, 0.0) for name in pair_signal_names(types)])


def make_pair_signals(
    documents: Sequence[PairDocument], counted: Iterable[PairDocument], types: Sequence[str]
) -> SignalMatrix:
    """Return the signals of all pairs of all documents, in order.

    - ``students``: log-probability under students that were not trained on the document.
    - ``teacher label``, ``student label``: 1 for the candidate of the teacher or the students.
    - ``teacher X, true Y``: number of relations of type Y where the teacher has type X, or nothing.
      ``teacher X, true nothing``: number of the teacher's relations if there is none.
    - ``other direction``: number of the teacher's relations that have the other direction.
    - ``surface pair, …``: sum over the relations of log(share of the relation among all pairs with
      the same words / its overall share); ``label pair, …``: the same of all pairs with the same
      labels in the same order. They exclude this pair; for gold they exclude the whole group.
    - ``number of relations``, and ``distance``: this number times log(1 + characters between).
    - ``teacher uncertainty``: for the teacher's candidate, 1 minus the score; otherwise 0.

    Args:
        documents: the documents with their pairs.
        counted: all documents, for the statistics of pairs.
        types: the types of relations.
    """
    builder = _PairSignals(types, counted)
    rows = [
        builder.signals(document, number)
        for document in documents
        for number in range(len(document.regions))
    ]
    starts = np.cumsum([0, *(len(row) for row in rows)])
    width = len(pair_signal_names(types))
    return SignalMatrix(np.concatenate([np.zeros((0, width)), *rows]), starts)


@dataclass(frozen=True, slots=True)
class _Statistics:
    """Counts of relations by a property of their pairs, from one source.

    Args:
        pairs: property to number of pairs.
        relations: property and relation to number of pairs; the relation None is no relation.
        overall: relation to number of pairs.
    """

    pairs: Counter[Hashable] = field(default_factory=Counter)
    relations: Counter[Hashable] = field(default_factory=Counter)
    overall: Counter[Hashable] = field(default_factory=Counter)

    def add(self, key: Hashable, relations: Sequence[Hashable]) -> None:
        """Add one pair with its relations."""
        self.pairs[key] += 1
        for one in relations or (None,):
            self.relations[key, one] += 1
            self.overall[one] += 1

    def log_ratio(self, key: Hashable, relation: Hashable, excluded: _Statistics) -> float:
        """Return log(share of a relation among pairs with a property / its overall share).

        Args:
            key: the property.
            relation: the relation.
            excluded: counts to subtract.
        """
        pairs = self.pairs[key] - excluded.pairs[key]
        if pairs <= 0:
            return 0.0
        prior = (self.overall[relation] + 1) / (sum(self.overall.values()) + len(self.overall) + 1)
        own = self.relations[key, relation] - excluded.relations[key, relation]
        return float(np.log((own + prior) / (pairs + 1) / prior))


class _PairSignals:
    def __init__(self, types: Sequence[str], counted: Iterable[PairDocument]) -> None:
        self._columns = {name: n for n, name in enumerate(pair_signal_names(types))}
        self._counts = {name: _Statistics() for name in _STATISTICS}
        self._group_counts: dict[tuple[str, str], _Statistics] = {}
        for document in counted:
            for number in range(len(document.regions)):
                for name, key, relations in _observations(document, number):
                    self._counts[name].add(key, relations)
                    if name.endswith("gold"):
                        own = self._group_counts.setdefault((name, document.group), _Statistics())
                        own.add(key, relations)

    def signals(self, document: PairDocument, number: int) -> NDArray[np.float64]:
        """Return the signals of the candidates of a pair, shape (candidates, signals)."""
        region = document.regions[number]
        rows = np.zeros((len(region.candidates), len(self._columns)))
        excluded = self._excluded(document, number)
        for index, (row, candidate) in enumerate(zip(rows, region.candidates, strict=True)):
            is_teacher = index == region.teacher_choice
            values = {
                "students": region.log_probs[index],
                "teacher label": is_teacher,
                "student label": index == region.student_choice,
                "number of relations": len(candidate),
                "distance": len(candidate) * np.log1p(region.distance),
                "teacher uncertainty": region.uncertainty if is_teacher else 0.0,
            }
            for name, counts in self._counts.items():
                key = _key(name, document, number)
                relations = _relations(name, document, number, candidate) or [None]
                minus = excluded.get(name, _NOTHING)
                ratio = sum(counts.log_ratio(key, one, minus) for one in relations)
                values[name] = float(np.clip(ratio, -MAX_LOG_RATIO, MAX_LOG_RATIO))
            for name, value in values.items():
                row[self._columns[name]] = value
            for name in _confusion_names(region.teacher_candidate, candidate):
                row[self._columns[name]] += 1
        return rows

    def _excluded(self, document: PairDocument, number: int) -> dict[str, _Statistics]:
        """Return the counts that the signals of a pair must not use, by name of the signal."""
        found: dict[str, _Statistics] = {}
        for name, key, relations in _observations(document, number):
            if not name.endswith("gold"):
                found[name] = _Statistics()
                found[name].add(key, relations)
        if document.correct is not None:
            for name in _STATISTICS:
                if (name, document.group) in self._group_counts:
                    found[name] = self._group_counts[name, document.group]
        return found


_NOTHING = _Statistics()


def _observations(
    document: PairDocument, number: int
) -> Iterator[tuple[str, Hashable, list[Hashable]]]:
    """Yield the name of each statistic that a pair enters, with its property and relations."""
    region = document.regions[number]
    correct = -1 if document.correct is None else document.correct[number]
    own = (region.teacher_choice, region.student_choice, correct)
    choices = dict(zip(_SOURCES, own, strict=True))
    for name in _STATISTICS:
        choice = choices[name.rpartition(" ")[2]]
        if choice >= 0:
            candidate = region.candidates[choice]
            relations = _relations(name, document, number, candidate)
            yield name, _key(name, document, number), relations


def _key(name: str, document: PairDocument, number: int) -> Hashable:
    if name.startswith("surface"):
        return tuple(sorted(document.surfaces[number]))
    region = document.regions[number]
    return region.first[2], region.second[2]


def _relations(
    name: str, document: PairDocument, number: int, candidate: PairCandidate
) -> list[Hashable]:
    """Return the relations of a candidate, with the words of both ends or with their order."""
    first, second = document.surfaces[number]
    is_surface = name.startswith("surface")
    return [
        (label, (first, second) if head < tail else (second, first))
        if is_surface
        else (label, head < tail)
        for head, tail, label in candidate
    ]


def _confusion_name(teacher: str, true: str) -> str:
    return f"teacher {teacher}, true {true}"


def _confusion_names(teacher: PairCandidate, candidate: PairCandidate) -> Iterator[str]:
    """Yield the names of the teacher's errors, if a candidate were true."""
    for head, tail, label in candidate:
        if (tail, head, label) in teacher:
            yield "other direction"
        for before in sorted({own for _, _, own in teacher}) or [NOTHING]:
            yield _confusion_name(before, label)
    if not candidate:
        for _, _, label in teacher:
            yield _confusion_name(label, NOTHING)
