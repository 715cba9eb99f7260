"""Judging silver: how probable it is that the teacher was right, and what else may be true."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from vermeil.data.document import Document
from vermeil.data.region import Candidate
from vermeil.data.words import words_of
from vermeil.errors import DataError
from vermeil.refinement.cache import ClassProbabilities
from vermeil.selection.judge import SignalMatrix, candidate_probabilities, cross_fit, fit
from vermeil.selection.policies import JudgedRegion
from vermeil.selection.signals import (
    CandidateDocument,
    SurfaceStatisticsBySource,
    make_signals,
    prior_weights,
    signal_names,
)
from vermeil.selection.surfaces import SurfaceStatistics, WordIndex
from vermeil.tasks.protocol import Task

MINIMUM_REGIONS = 20
"""Doubly labelled regions without which no judge is fitted."""


@dataclass(frozen=True, slots=True)
class JudgeCorpora:
    """Silver, divided by whether people annotated the same texts.

    Args:
        gold: gold documents that the teacher annotated, too.
        teacher_labels: the teacher's annotations of them, in the same order.
        silver: the other silver documents.
        plain: silver documents without an annotation, of texts that gold does not have.
    """

    gold: tuple[Document, ...]
    teacher_labels: tuple[Document, ...]
    silver: tuple[Document, ...]
    plain: tuple[Document, ...] = ()

    @property
    def teacher_documents(self) -> tuple[Document, ...]:
        """All that the teacher says: of gold's texts, under gold's ids, and then silver."""
        both = zip(self.gold, self.teacher_labels, strict=True)
        return (*(g.with_annotation(said.annotation) for g, said in both), *self.silver)


@dataclass(frozen=True, slots=True)
class JudgedDocument:
    """A document that is judged.

    Args:
        document: as the teacher annotated it.
        known: its group, words, regions and what the teacher says.
        predicted: marks of students that did not learn from it.
        true: people's marks, of a gold document.
    """

    document: Document
    candidates: CandidateDocument
    predicted: Candidate
    gold_labels: Candidate = ()


@dataclass(frozen=True, slots=True)
class JudgeResult:
    """What the judge says of all documents.

    Args:
        silver: silver documents with the judgements of their regions.
        gold: doubly labelled documents with judgements by others of other groups.
        strength: of the prior, as chosen.
        weights: of the signals, by name.
        surface_statistics: surfaces as the teacher marks them.
        with_students: whether students were heard.
        auxiliary: who was asked besides.
    """

    silver: tuple[tuple[JudgedDocument, tuple[JudgedRegion, ...]], ...]
    gold: tuple[tuple[JudgedDocument, tuple[JudgedRegion, ...]], ...]
    strength: float
    weights: Mapping[str, float]
    surface_statistics: SurfaceStatistics
    with_students: bool
    auxiliary: tuple[str, ...] = ()


def divide_corpora(gold: Sequence[Document], silver: Sequence[Document]) -> JudgeCorpora:
    """Find which gold documents the teacher annotated, too.

    A document is found by its id, otherwise by its text, in the order of the file, each silver
    document once. What is not found as gold's stays silver, even if a gold
    document has the same words.

    Args:
        gold: documents that people annotated.
        silver: the teacher's annotations, of the same documents and of others.

    Raises:
        DataError: gold and silver have different texts under one id.
    """
    annotated = [d for d in silver if not d.annotation.is_empty]
    by_id = {d.id: d for d in annotated}
    for document in gold:
        if document.id in by_id and by_id[document.id].text != document.text:
            raise DataError(
                f"document {document.id!r}: gold and silver have different texts under this id; "
                "give one of them other ids"
            )
    found = {g.id: by_id[g.id] for g in gold if g.id in by_id}
    taken = {d.id for d in found.values()}
    by_text: dict[str, list[Document]] = {}
    for document in reversed(annotated):
        if document.id not in taken:
            by_text.setdefault(document.text, []).append(document)
    for document in gold:
        if document.id not in found and by_text.get(document.text):
            found[document.id] = by_text[document.text].pop()
    taken = {d.id for d in found.values()}
    both = tuple(g for g in gold if g.id in found)
    ids, texts = {d.id for d in gold}, {d.text for d in gold}
    empty = (d for d in silver if d.annotation.is_empty)
    return JudgeCorpora(
        both,
        tuple(found[g.id] for g in both),
        tuple(d for d in annotated if d.id not in taken),
        tuple(d for d in empty if d.id not in ids and d.text not in texts),
    )


def judge_silver(
    judge_corpora: JudgeCorpora,
    gold: Sequence[Document],
    task: Task,
    student_probabilities: ClassProbabilities | None,
    strengths: Sequence[float],
    auxiliary_probabilities: Mapping[str, ClassProbabilities] = MappingProxyType({}),
) -> JudgeResult:
    """Fit the judge on doubly labelled gold, and judge all silver.

    Args:
        taught: of `divide`.
        gold: all gold documents: their surfaces are a signal.
        task: says where regions are.
        student_probabilities: class probabilities of every document by id, out of fold; None: there are no students.
        strengths: of the prior, to choose from.
        auxiliary_probabilities: the same as ``student_probabilities`` of those who are asked besides, by name; what they say of gold
            was not learnt from people's marks of it.

    Raises:
        DataError: too few regions of gold documents were annotated by the teacher.
    """
    both = zip(judge_corpora.teacher_labels, judge_corpora.gold, strict=True)
    asked = (student_probabilities, *auxiliary_probabilities.values())
    of_gold = [_judged_document(said, task, asked, true) for said, true in both]
    of_silver = [_judged_document(d, task, asked) for d in judge_corpora.silver]
    elsewhere = _surface_statistics([*of_gold, *of_silver], gold, task)
    labels = task.labels
    regions = [(item, region) for item in of_gold for region in item.candidates.regions]
    right = np.array(
        [_index_or_minus_one(r.candidate_index(i.gold_labels)) for i, r in regions], np.int64
    )
    if int((right >= 0).sum()) < MINIMUM_REGIONS:
        raise DataError(
            f"{int((right >= 0).sum())} places of {len(judge_corpora.teacher_labels)} gold documents that the "
            f"teacher annotated, too, can be learnt from; at least {MINIMUM_REGIONS} are needed. Give the "
            "teacher the texts of gold, too, and keep its answers in corpora.silver"
        )
    names = tuple(auxiliary_probabilities)
    prior = prior_weights(labels, names)
    signals = make_signals([item.candidates for item in of_gold], elsewhere, labels, names)
    groups = [item.candidates.group for item, _ in regions]
    strength, out_of_group = cross_fit(signals, right, groups, prior, strengths)
    known = np.flatnonzero(right >= 0)
    weights = fit(signals.select_regions(known), right[known], prior, strength)
    unknown = make_signals([item.candidates for item in of_silver], elsewhere, labels, names)
    return JudgeResult(
        _judged_regions(of_silver, unknown, candidate_probabilities(unknown, weights)),
        _judged_regions(of_gold, signals, out_of_group),
        strength,
        dict(zip(signal_names(labels, names), weights.round(3).tolist(), strict=True)),
        elsewhere.teacher,
        student_probabilities is not None,
        names,
    )


def _judged_document(
    teacher_document: Document,
    task: Task,
    scorer_probabilities: Sequence[ClassProbabilities | None],
    gold: Document | None = None,
) -> JudgedDocument:
    known_as = teacher_document if gold is None else gold
    own, *others = (None if rows is None else rows[known_as.id] for rows in scorer_probabilities)
    words = words_of(known_as)
    spans = teacher_document.spans or ()
    known = CandidateDocument(
        known_as.group_or_id,
        WordIndex.from_text(teacher_document.text, words),
        task.regions(teacher_document, words, own, [rows for rows in others if rows is not None]),
        task.span_keys(teacher_document, words),
        gold is not None,
        {s.key: 1 - s.score for s in spans if s.score is not None},
        frozenset(s.key for s in spans if s.status in ("fuzzy", "ambiguous")),
    )
    predicted = known.teacher_labels
    if own is not None:
        predicted = task.span_keys(teacher_document.with_annotation(task.decode(words, own)), words)
    return JudgedDocument(
        teacher_document, known, predicted, () if gold is None else task.span_keys(gold, words)
    )


def _index_or_minus_one(index: int | None) -> int:
    return -1 if index is None else index


def _surface_statistics(
    documents: Sequence[JudgedDocument], gold: Sequence[Document], task: Task
) -> SurfaceStatisticsBySource:
    wanted: set[str] = set()
    for item in documents:
        options = chain.from_iterable(region.candidates for region in item.candidates.regions)
        places = {mark[:2] for option in options for mark in option}
        wanted.update(s for p in places if (s := item.candidates.words.surface(*p)) is not None)
    teacher, students, people = (SurfaceStatistics(task.labels, wanted) for _ in range(3))
    for item in documents:
        teacher.add(item.candidates.words, item.candidates.teacher_labels, item.candidates.group)
        students.add(item.candidates.words, item.predicted, item.candidates.group)
    for document in gold:
        words = words_of(document)
        marks = task.span_keys(document, words)
        people.add(WordIndex.from_text(document.text, words), marks, document.group_or_id)
    return SurfaceStatisticsBySource(teacher, students, people)


def _judged_regions(
    documents: Sequence[JudgedDocument],
    signals: SignalMatrix,
    region_probabilities: NDArray[np.float64],
) -> tuple[tuple[JudgedDocument, tuple[JudgedRegion, ...]], ...]:
    found, at = [], 0
    for item in documents:
        regions = item.candidates.regions
        bounds = signals.starts[at : at + len(regions) + 1]
        at += len(regions)
        judgements = tuple(
            JudgedRegion(region, region_probabilities[bounds[i] : bounds[i + 1]])
            for i, region in enumerate(regions)
        )
        found.append((item, judgements))
    return tuple(found)
