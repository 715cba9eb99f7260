"""What is known of each option of a region, as numbers: the signals that the judge weighs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vermeil.data.region import Mark, Option, Region, overlaps
from vermeil.selection.judge import Signals
from vermeil.selection.surfaces import Surfaces, Tallies, Words

LIMIT = 6.0
"""Largest size of a sum of logarithms of surfaces."""

OTHER, NOWHERE = "another extent", "nothing"
"""What a teacher says of a mark's place if it is not a label."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A document as it is judged.

    Args:
        group: what it belongs to.
        words: of its text.
        regions: where something is seen.
        said: the teacher's marks, all of them.
        is_gold: whether people annotated it: then its own group's surfaces are left out.
        doubts: the teacher's mark to how doubtful it is, in [0, 1]: 1 minus its score, which is its
            share of the votes or, by log-probabilities, the confidence of a single answer.
        guessed: those of the teacher's marks whose place is a guess.
    """

    group: str
    words: Words
    regions: tuple[Region, ...]
    said: tuple[Mark, ...]
    is_gold: bool = False
    doubts: Mapping[Mark, float] | None = None
    guessed: frozenset[Mark] = frozenset()


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Surfaces as each of three annotators marks them, over gold and silver documents.

    Args:
        teacher: over all documents.
        students: over all documents.
        gold: as people mark them, over gold documents.
    """

    teacher: Surfaces
    students: Surfaces
    gold: Surfaces


_SURFACES = (
    "surface, teacher",
    "surface, students",
    "surface, gold",
    "surface nearby, teacher",
    "surface nearby, students",
)


def signal_names(labels: Sequence[str], others: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the names of the signals, in the order of their values.

    Args:
        labels: the label set.
        others: names of those who are asked besides the students.
    """
    return (
        "students",
        "is said",
        "is predicted",
        *(f"said {told}, is {label}" for told in (*labels, OTHER, NOWHERE) for label in labels),
        *(f"said {label}, is nothing" for label in labels),
        *_SURFACES,
        "marks",
        "doubt of what is said",
        "guess of what is said",
        *others,
    )


def prior_weights(labels: Sequence[str], others: Sequence[str] = ()) -> NDArray[np.float64]:
    """Return what the judge holds before it has seen any gold, shape (signals,)."""
    prior = {"students": 0.5, "is said": 1.0, "surface, gold": 0.5, "surface, students": 0.25}
    return np.array([prior.get(name, 0.0) for name in signal_names(labels, others)])


def make_signals(
    documents: Sequence[Judged],
    elsewhere: Elsewhere,
    labels: Sequence[str],
    others: Sequence[str] = (),
) -> Signals:
    """Return the signals of all regions of all documents, in order.

    - ``students``: log-probability under students that did not learn from the document.
    - ``is said``, ``is predicted``: whether teacher or students say just this.
    - ``said X, is Y``: marks of label Y where the teacher says X for the same stretch, another
      extent, or nothing; ``said X, is nothing``: the teacher's marks of which nothing is left. This
      is a noise model of the teacher: a confusion matrix of spans, missing and spurious ones
      included.
    - ``surface, …``: sum over the stretches in question of log(share of the label, or of none,
      among the same words elsewhere / its share over all), this occurrence left out; for gold the
      whole group.
    - ``marks``: how many marks.
    - ``doubt``, ``guess``: of what is said, where silver carries votes or statuses; else 0.
    - ``others``: log-probability under each who is asked besides the students, by their names.
    """
    maker = _Maker(elsewhere, labels, others)
    rows = [maker.region(d, region) for d in documents for region in d.regions]
    starts = np.cumsum([0, *(len(r) for r in rows)])
    width = len(signal_names(labels, others))
    return Signals(np.concatenate([np.zeros((0, width)), *rows]), starts)


class _Maker:
    def __init__(self, elsewhere: Elsewhere, labels: Sequence[str], others: Sequence[str]) -> None:
        self._others = others
        self._sources = (elsewhere.teacher, elsewhere.students, elsewhere.gold)
        self._prior = elsewhere.teacher.prior()
        self._numbers = {label: number for number, label in enumerate(labels)}
        self._columns = {name: number for number, name in enumerate(signal_names(labels, others))}

    def region(self, document: Judged, region: Region) -> NDArray[np.float64]:
        """Return the signals of a region's options, shape (options, signals)."""
        rows = np.zeros((len(region.options), len(self._columns)))
        said = region.options[region.said]
        for name, logs in zip(self._others, region.others, strict=True):
            rows[:, self._columns[name]] = logs
        tallies = list(self._tallies(document, region))
        doubt = max(((document.doubts or {}).get(mark, 0.0) for mark in said), default=0.0)
        for number, (row, option) in enumerate(zip(rows, region.options, strict=True)):
            self._set(row, "students", region.evidence[number])
            self._set(row, "is said", number == region.said)
            self._set(row, "is predicted", number == region.predicted)
            for name in _noise(said, option):
                self._add(row, name)
            for source, name in enumerate(_SURFACES):
                places = [(place, found[source]) for place, found in tallies]
                self._set(row, name, self._surfaces(option, places))
            self._set(row, "marks", len(option))
            if number == region.said:
                self._set(row, "doubt of what is said", doubt)
                self._set(row, "guess of what is said", any(m in document.guessed for m in said))
        return rows

    def _set(self, row: NDArray[np.float64], name: str, value: float) -> None:
        row[self._columns[name]] = value

    def _add(self, row: NDArray[np.float64], name: str) -> None:
        row[self._columns[name]] += 1

    def _tallies(
        self, document: Judged, region: Region
    ) -> Iterator[tuple[tuple[int, int], list[Tallies | None]]]:
        """Yield each stretch that an option marks, and what the sources say of its words."""
        places = sorted({(start, end) for option in region.options for start, end, _ in option})
        own = (region.options[region.said], region.options[region.predicted])
        for place in places:
            surface = document.words.surface(*place)
            if surface is None:
                continue
            found: list[Tallies | None] = []
            for source, marks in zip(self._sources, (*own, None), strict=True):
                if marks is None:
                    without = document.group if document.is_gold else None
                    found.append(source.tally(surface, without))
                else:
                    found.append(self._without(source.tally(surface), place, marks))
            for source, marks in zip(self._sources[:2], own, strict=True):
                found.append(self._without(source.nearby(surface, document.group), place, marks))
            yield place, found

    def _without(
        self, tally: Tallies | None, place: tuple[int, int], marks: Option
    ) -> Tallies | None:
        """Leave this occurrence out of a tally."""
        if tally is None:
            return None
        number = self._number(place, marks)
        if number is None:
            return tally
        left = tally.copy()
        left[number] = max(0.0, left[number] - 1)
        return left if left.any() else None

    def _number(self, place: tuple[int, int], marks: Option) -> int | None:
        """Return which entry of a tally an occurrence is; None: it lies within or across a mark."""
        for mark in marks:
            if mark[:2] == place:
                return self._numbers[mark[2]]
            if overlaps(mark, *place):
                return None
        return len(self._numbers)

    def _surfaces(
        self, option: Option, places: Sequence[tuple[tuple[int, int], Tallies | None]]
    ) -> float:
        total = 0.0
        for place, tally in places:
            number = self._number(place, option)
            if tally is None or number is None:
                continue
            share = (tally[number] + self._prior[number]) / (tally.sum() + 1)
            total += float(np.log(share / self._prior[number]))
        return float(np.clip(total, -LIMIT, LIMIT))


def _noise(said: Option, option: Option) -> Iterator[str]:
    """Yield the names of the teacher's errors, or of its being right, if an option were true."""
    told = {(start, end): label for start, end, label in said}
    for start, end, label in option:
        if (start, end) in told:
            yield f"said {told[start, end]}, is {label}"
        elif _touches((start, end), said):
            yield f"said {OTHER}, is {label}"
        else:
            yield f"said {NOWHERE}, is {label}"
    for start, end, label in said:
        if not _touches((start, end), option):
            yield f"said {label}, is nothing"


def _touches(place: tuple[int, int], marks: Option) -> bool:
    return any(overlaps(mark, *place) for mark in marks)
