"""Signals of the candidates of a region: the features of the judge."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vermeil.data.region import Candidate, Region, SpanKey, overlaps
from vermeil.selection.judge import SignalMatrix
from vermeil.selection.surfaces import LabelCounts, SurfaceStatistics, WordIndex

MAX_LOG_RATIO = 6.0
"""Limit of the absolute value of a surface signal."""

OTHER_EXTENT, NOTHING = "another extent", "nothing"
"""Names, in signals, of a teacher span with other bounds, and of no teacher span."""


@dataclass(frozen=True, slots=True)
class CandidateDocument:
    """A document with its regions, as input of the judge.

    Args:
        group: its group.
        words: the words of its text.
        regions: the regions that teacher or students mark.
        teacher_labels: all span keys of the teacher.
        is_gold: whether it is a gold document; its own group is then excluded from gold statistics.
        teacher_uncertainty: uncertainty of the teacher's spans, in [0, 1]: 1 minus the score. The
            score is the share of votes or the confidence from log-probabilities.
        uncertain_offsets: the teacher's spans with uncertain bounds.
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
    """Surface statistics of teacher, students and gold.

    Args:
        teacher: the teacher's labels of all documents.
        students: the students' labels of all documents.
        gold: the gold labels of gold documents.
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
        auxiliary: names of the auxiliary scorers.
    """
    return (
        "students",
        "teacher label",
        "student label",
        *(
            _confusion_name(teacher, true)
            for teacher in (*labels, OTHER_EXTENT, NOTHING)
            for true in labels
        ),
        *(_confusion_name(label, NOTHING) for label in labels),
        *_SURFACE_SIGNALS,
        "number of labels",
        "teacher uncertainty",
        "uncertain offsets",
        *auxiliary,
    )


def prior_weights(labels: Sequence[str], auxiliary: Sequence[str] = ()) -> NDArray[np.float64]:
    """Return the judge's prior weights, shape (signals,).

    Args:
        labels: the label set.
        auxiliary: names of the auxiliary scorers.
    """
    prior = {"students": 0.5, "teacher label": 1.0, "surface, gold": 0.5, "surface, students": 0.25}
    return np.array([prior.get(name, 0.0) for name in signal_names(labels, auxiliary)])


def make_signals(
    documents: Sequence[CandidateDocument],
    statistics: SurfaceStatisticsBySource,
    labels: Sequence[str],
    auxiliary: Sequence[str] = (),
) -> SignalMatrix:
    """Return the signals of all regions of all documents, in order.

    - ``students``: log-probability under students that were not trained on the document.
    - ``teacher label``, ``student label``: 1 for the candidate of the teacher or the students.
    - ``teacher X, true Y``: number of spans of label Y whose range has label X from the teacher,
      another extent, or nothing. ``teacher X, true nothing``: number of the teacher's spans that
      no span of the candidate overlaps. Together they are a noise model of the teacher: a
      confusion matrix of spans.
    - ``surface, …``: sum over the candidates' ranges of log(share of the label, or of no label, of
      the same words elsewhere / its overall share). It excludes this occurrence; for gold it
      excludes the whole group.
    - ``number of labels``: number of spans.
    - ``teacher uncertainty``, ``uncertain offsets``: for the teacher's candidate, from the votes
      and statuses of silver; otherwise 0.
    - One signal per auxiliary scorer: its log-probability.

    Args:
        documents: the documents with their regions.
        statistics: surface statistics.
        labels: the label set.
        auxiliary: names of the auxiliary scorers, in the order of the regions' log-probabilities.
    """
    builder = _SignalBuilder(statistics, labels, auxiliary)
    rows = [builder.region_signals(d, region) for d in documents for region in d.regions]
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
        """Return the signals of a region's candidates, shape (candidates, signals)."""
        rows = np.zeros((len(region.candidates), len(self._columns)))
        teacher = region.candidates[region.teacher_choice]
        for name, log_probs in zip(self._auxiliary, region.auxiliary_log_probs, strict=True):
            rows[:, self._columns[name]] = log_probs
        counts = list(self._label_counts(document, region))
        uncertainties = document.teacher_uncertainty or {}
        uncertainty = max((uncertainties.get(key, 0.0) for key in teacher), default=0.0)
        for number, (row, candidate) in enumerate(zip(rows, region.candidates, strict=True)):
            self._set(row, "students", region.log_probs[number])
            self._set(row, "teacher label", number == region.teacher_choice)
            self._set(row, "student label", number == region.student_choice)
            for name in _confusion_names(teacher, candidate):
                self._increment(row, name)
            for source, name in enumerate(_SURFACE_SIGNALS):
                of_source = [(where, found[source]) for where, found in counts]
                self._set(row, name, self._surface_signal(candidate, of_source))
            self._set(row, "number of labels", len(candidate))
            if number == region.teacher_choice:
                is_uncertain = any(key in document.uncertain_offsets for key in teacher)
                self._set(row, "teacher uncertainty", uncertainty)
                self._set(row, "uncertain offsets", is_uncertain)
        return rows

    def _set(self, row: NDArray[np.float64], name: str, value: float) -> None:
        row[self._columns[name]] = value

    def _increment(self, row: NDArray[np.float64], name: str) -> None:
        row[self._columns[name]] += 1

    def _label_counts(
        self, document: CandidateDocument, region: Region
    ) -> Iterator[tuple[tuple[int, int], list[LabelCounts | None]]]:
        """Yield each range that a candidate marks, with the label counts of its words by source."""
        ranges = sorted({(start, end) for keys in region.candidates for start, end, _ in keys})
        own = (region.candidates[region.teacher_choice], region.candidates[region.student_choice])
        for where in ranges:
            surface = document.words.surface(*where)
            if surface is None:
                continue
            found: list[LabelCounts | None] = []
            for source, keys in zip(self._sources, (*own, None), strict=True):
                if keys is None:
                    excluded_group = document.group if document.is_gold else None
                    found.append(source.counts(surface, excluded_group))
                else:
                    found.append(self._excluding_occurrence(source.counts(surface), where, keys))
            for source, keys in zip(self._sources[:2], own, strict=True):
                nearby = source.counts_in_group(surface, document.group)
                found.append(self._excluding_occurrence(nearby, where, keys))
            yield where, found

    def _excluding_occurrence(
        self, counts: LabelCounts | None, where: tuple[int, int], span_keys: Candidate
    ) -> LabelCounts | None:
        """Return label counts without this occurrence; None if nothing remains."""
        if counts is None:
            return None
        number = self._label_index(where, span_keys)
        if number is None:
            return counts
        remaining = counts.copy()
        remaining[number] = max(0.0, remaining[number] - 1)
        return remaining if remaining.any() else None

    def _label_index(self, where: tuple[int, int], span_keys: Candidate) -> int | None:
        """Return the index of an occurrence in label counts; None if it overlaps other bounds."""
        for key in span_keys:
            if key[:2] == where:
                return self._label_indices[key[2]]
            if overlaps(key, *where):
                return None
        return len(self._label_indices)

    def _surface_signal(
        self, candidate: Candidate, counts: Sequence[tuple[tuple[int, int], LabelCounts | None]]
    ) -> float:
        total = 0.0
        for where, label_counts in counts:
            number = self._label_index(where, candidate)
            if label_counts is None or number is None:
                continue
            share = (label_counts[number] + self._prior[number]) / (label_counts.sum() + 1)
            total += float(np.log(share / self._prior[number]))
        return float(np.clip(total, -MAX_LOG_RATIO, MAX_LOG_RATIO))


def _confusion_name(teacher: str, true: str) -> str:
    return f"teacher {teacher}, true {true}"


def _confusion_names(teacher_candidate: Candidate, candidate: Candidate) -> Iterator[str]:
    """Yield the names of the teacher's correct spans and errors, if a candidate were true."""
    labels = {(start, end): label for start, end, label in teacher_candidate}
    for start, end, label in candidate:
        if (start, end) in labels:
            yield _confusion_name(labels[start, end], label)
        elif _overlaps_any((start, end), teacher_candidate):
            yield _confusion_name(OTHER_EXTENT, label)
        else:
            yield _confusion_name(NOTHING, label)
    for start, end, label in teacher_candidate:
        if not _overlaps_any((start, end), candidate):
            yield _confusion_name(label, NOTHING)


def _overlaps_any(where: tuple[int, int], span_keys: Candidate) -> bool:
    return any(overlaps(key, *where) for key in span_keys)
