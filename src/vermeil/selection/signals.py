"""What is known of each option of a region, as numbers: the signals that the judge weighs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vermeil.data.region import Candidate, Region, SpanKey, overlaps
from vermeil.selection.judge import SignalMatrix
from vermeil.selection.surfaces import LabelCounts, SurfaceStatistics, WordIndex

MAX_LOG_RATIO = 6.0
"""Largest size of a sum of logarithms of surfaces."""

OTHER_EXTENT, NO_LABEL = "another extent", "nothing"
"""What a teacher says of a mark's place if it is not a label."""


@dataclass(frozen=True, slots=True)
class CandidateDocument:
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
    words: WordIndex
    regions: tuple[Region, ...]
    teacher_labels: tuple[SpanKey, ...]
    is_gold: bool = False
    teacher_uncertainty: Mapping[SpanKey, float] | None = None
    uncertain_offsets: frozenset[SpanKey] = frozenset()


@dataclass(frozen=True, slots=True)
class SurfaceStatisticsBySource:
    """Surfaces as each of three annotators marks them, over gold and silver documents.

    Args:
        teacher: over all documents.
        students: over all documents.
        gold: as people mark them, over gold documents.
    """

    teacher: SurfaceStatistics
    students: SurfaceStatistics
    gold: SurfaceStatistics


_SURFACE_SIGNALS = (
    "surface, teacher",
    "surface, students",
    "surface, gold",
    "surface nearby, teacher",
    "surface nearby, students",
)


def signal_names(labels: Sequence[str], auxiliary: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the names of the signals, in the order of their values.

    Args:
        labels: the label set.
        auxiliary: names of those who are asked besides the students.
    """
    return (
        "students",
        "is said",
        "is predicted",
        *(
            f"said {told}, is {label}"
            for told in (*labels, OTHER_EXTENT, NO_LABEL)
            for label in labels
        ),
        *(f"said {label}, is nothing" for label in labels),
        *_SURFACE_SIGNALS,
        "marks",
        "doubt of what is said",
        "guess of what is said",
        *auxiliary,
    )


def prior_weights(labels: Sequence[str], auxiliary: Sequence[str] = ()) -> NDArray[np.float64]:
    """Return what the judge holds before it has seen any gold, shape (signals,)."""
    prior = {"students": 0.5, "is said": 1.0, "surface, gold": 0.5, "surface, students": 0.25}
    return np.array([prior.get(name, 0.0) for name in signal_names(labels, auxiliary)])


def make_signals(
    documents: Sequence[CandidateDocument],
    statistics: SurfaceStatisticsBySource,
    labels: Sequence[str],
    auxiliary: Sequence[str] = (),
) -> SignalMatrix:
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
    - ``auxiliary``: log-probability under each who is asked besides the students, by their names.
    """
    maker = _SignalBuilder(statistics, labels, auxiliary)
    rows = [maker.region_signals(d, region) for d in documents for region in d.regions]
    starts = np.cumsum([0, *(len(r) for r in rows)])
    width = len(signal_names(labels, auxiliary))
    return SignalMatrix(np.concatenate([np.zeros((0, width)), *rows]), starts)


class _SignalBuilder:
    def __init__(
        self, statistics: SurfaceStatisticsBySource, labels: Sequence[str], auxiliary: Sequence[str]
    ) -> None:
        self._auxiliary = auxiliary
        self._sources = (statistics.teacher, statistics.students, statistics.gold)
        self._prior = statistics.teacher.label_prior()
        self._label_indices = {label: number for number, label in enumerate(labels)}
        self._columns = {
            name: number for number, name in enumerate(signal_names(labels, auxiliary))
        }

    def region_signals(self, document: CandidateDocument, region: Region) -> NDArray[np.float64]:
        """Return the signals of a region's options, shape (options, signals)."""
        rows = np.zeros((len(region.candidates), len(self._columns)))
        said = region.candidates[region.teacher_choice]
        for name, logs in zip(self._auxiliary, region.auxiliary_log_probs, strict=True):
            rows[:, self._columns[name]] = logs
        tallies = list(self._label_counts(document, region))
        doubt = max(
            ((document.teacher_uncertainty or {}).get(mark, 0.0) for mark in said), default=0.0
        )
        for number, (row, option) in enumerate(zip(rows, region.candidates, strict=True)):
            self._set(row, "students", region.log_probs[number])
            self._set(row, "is said", number == region.teacher_choice)
            self._set(row, "is predicted", number == region.student_choice)
            for name in _confusion_names(said, option):
                self._increment(row, name)
            for source, name in enumerate(_SURFACE_SIGNALS):
                places = [(place, found[source]) for place, found in tallies]
                self._set(row, name, self._surface_signal(option, places))
            self._set(row, "marks", len(option))
            if number == region.teacher_choice:
                self._set(row, "doubt of what is said", doubt)
                self._set(
                    row, "guess of what is said", any(m in document.uncertain_offsets for m in said)
                )
        return rows

    def _set(self, row: NDArray[np.float64], name: str, value: float) -> None:
        row[self._columns[name]] = value

    def _increment(self, row: NDArray[np.float64], name: str) -> None:
        row[self._columns[name]] += 1

    def _label_counts(
        self, document: CandidateDocument, region: Region
    ) -> Iterator[tuple[tuple[int, int], list[LabelCounts | None]]]:
        """Yield each stretch that an option marks, and what the sources say of its words."""
        places = sorted({(start, end) for option in region.candidates for start, end, _ in option})
        own = (region.candidates[region.teacher_choice], region.candidates[region.student_choice])
        for place in places:
            surface = document.words.surface(*place)
            if surface is None:
                continue
            found: list[LabelCounts | None] = []
            for source, marks in zip(self._sources, (*own, None), strict=True):
                if marks is None:
                    without = document.group if document.is_gold else None
                    found.append(source.counts(surface, without))
                else:
                    found.append(self._excluding_occurrence(source.counts(surface), place, marks))
            for source, marks in zip(self._sources[:2], own, strict=True):
                found.append(
                    self._excluding_occurrence(
                        source.counts_in_group(surface, document.group), place, marks
                    )
                )
            yield place, found

    def _excluding_occurrence(
        self, counts: LabelCounts | None, place: tuple[int, int], span_keys: Candidate
    ) -> LabelCounts | None:
        """Leave this occurrence out of a tally."""
        if counts is None:
            return None
        number = self._label_index(place, span_keys)
        if number is None:
            return counts
        left = counts.copy()
        left[number] = max(0.0, left[number] - 1)
        return left if left.any() else None

    def _label_index(self, place: tuple[int, int], span_keys: Candidate) -> int | None:
        """Return which entry of a tally an occurrence is; None: it lies within or across a mark."""
        for mark in span_keys:
            if mark[:2] == place:
                return self._label_indices[mark[2]]
            if overlaps(mark, *place):
                return None
        return len(self._label_indices)

    def _surface_signal(
        self, candidate: Candidate, places: Sequence[tuple[tuple[int, int], LabelCounts | None]]
    ) -> float:
        total = 0.0
        for place, tally in places:
            number = self._label_index(place, candidate)
            if tally is None or number is None:
                continue
            share = (tally[number] + self._prior[number]) / (tally.sum() + 1)
            total += float(np.log(share / self._prior[number]))
        return float(np.clip(total, -MAX_LOG_RATIO, MAX_LOG_RATIO))


def _confusion_names(teacher_candidate: Candidate, candidate: Candidate) -> Iterator[str]:
    """Yield the names of the teacher's errors, or of its being right, if an option were true."""
    told = {(start, end): label for start, end, label in teacher_candidate}
    for start, end, label in candidate:
        if (start, end) in told:
            yield f"said {told[start, end]}, is {label}"
        elif _overlaps_any((start, end), teacher_candidate):
            yield f"said {OTHER_EXTENT}, is {label}"
        else:
            yield f"said {NO_LABEL}, is {label}"
    for start, end, label in teacher_candidate:
        if not _overlaps_any((start, end), candidate):
            yield f"said {label}, is nothing"


def _overlaps_any(place: tuple[int, int], span_keys: Candidate) -> bool:
    return any(overlaps(mark, *place) for mark in span_keys)
