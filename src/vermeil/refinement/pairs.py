"""The judge of relations: fitted on pairs of spans of gold, applied to the pairs of silver."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vermeil.data.document import Document
from vermeil.data.region import PairCandidate, PairRegion
from vermeil.data.words import words_of
from vermeil.evaluation.bootstrap import Comparison, paired_bootstrap
from vermeil.refinement.cache import ClassProbabilities, pairs_of
from vermeil.refinement.judge_corpora import JudgeCorpora
from vermeil.selection.judge import SignalMatrix, candidate_probabilities, cross_fit, fit
from vermeil.selection.pair_policies import JudgedPair
from vermeil.selection.pair_signals import (
    PairDocument,
    make_pair_signals,
    pair_prior_weights,
    pair_signal_names,
)
from vermeil.tasks.pair_task import BoundRelation, PairTask, pair_task
from vermeil.tasks.protocol import Task

MINIMUM_PAIRS = 20
"""Least number of pairs of gold with a known correct candidate to fit the judge of relations."""

GAIN_RESAMPLES = 1000
"""Bootstrap resamples of the gain."""

JudgedPairs = tuple[tuple[JudgedPair, ...], ...]
"""The judged pairs of each document."""


@dataclass(frozen=True, slots=True)
class RelationJudgement:
    """Judgements of the relations of all documents.

    Args:
        pairs: number of pairs of gold that the judge was fitted on.
        silver: pairs of each silver document; empty if the judge has too little gold.
        gain: F1 of the judge's relations minus that of the teacher's, on gold, each document judged
            without its group. Labels of ends do not count. None: too few pairs.
        strength: the chosen strength of the prior.
        weights: weights of the signals, by name.
    """

    pairs: int
    silver: JudgedPairs = ()
    gain: Comparison | None = None
    strength: float = 0.0
    weights: Mapping[str, float] | None = None

    @property
    def better_than_teacher(self) -> bool:
        """True if the judge has the higher F1 on gold."""
        return self.gain is not None and self.gain.difference > 0

    def as_dict(self) -> dict[str, Any]:
        """Return the judgement as a JSON object, without the documents."""
        found: dict[str, Any] = {"pairs": self.pairs, "minimum_pairs": MINIMUM_PAIRS}
        if self.gain is None:
            return found
        judge = {"strength": self.strength, "weights": dict(self.weights or {})}
        gain = {"gain": self.gain.as_dict(), "judge": judge}
        return {**found, "better_than_teacher": self.better_than_teacher, **gain}


def judge_relations(
    judge_corpora: JudgeCorpora,
    task: Task,
    students: ClassProbabilities | None,
    strengths: Sequence[float],
) -> RelationJudgement | None:
    """Fit the judge of relations on doubly labelled gold, and judge the relations of silver.

    A relation of a gold document is correct if gold has it with the same bounds of both ends: the
    labels of the ends are judged separately.

    Args:
        judge_corpora: gold with the teacher's annotations, and the rest of silver.
        task: finds the pairs of a document.
        students: output of the students, with the probabilities of pairs; None: without students.
        strengths: strengths of the prior to choose from.

    Returns:
        None if the task has no relations.
    """
    own = pair_task(task)
    if own is None:
        return None
    both = [
        (document, teacher)
        for document, teacher in zip(judge_corpora.gold, judge_corpora.teacher_labels, strict=True)
        if document.annotation.relations is not None
    ]
    gold = [_pair_document(own, teacher, students, document) for document, teacher in both]
    correct = np.array([n for one in gold for n in one.correct or ()], np.int64)
    known = np.flatnonzero(correct >= 0)
    if len(known) < MINIMUM_PAIRS:
        return RelationJudgement(len(known))
    silver = [_pair_document(own, document, students) for document in judge_corpora.silver]
    types = own.pair_classes[1:]
    every = [*gold, *silver]
    signals, others = (make_pair_signals(part, every, types) for part in (gold, silver))
    prior = pair_prior_weights(types)
    groups = [one.group for one in gold for _ in one.regions]
    strength, out_of_group = cross_fit(signals, correct, groups, prior, strengths)
    weights = fit(signals.select_regions(known), correct[known], prior, strength)
    judged = _judged(gold, signals, out_of_group)
    names = pair_signal_names(types)
    return RelationJudgement(
        len(known),
        _judged(silver, others, candidate_probabilities(others, weights)),
        _gain(own, both, judged),
        strength,
        dict(zip(names, weights.round(3).tolist(), strict=True)),
    )


def _pair_document(
    task: PairTask,
    teacher: Document,
    students: ClassProbabilities | None,
    gold: Document | None = None,
) -> PairDocument:
    """Return the pairs of a document, and which candidates are correct if people annotated it."""
    known_as = teacher if gold is None else gold
    table = None if students is None else pairs_of(students, known_as.id)
    regions = task.pair_regions(teacher.annotation, words_of(known_as), table)
    surfaces = tuple(
        (_surface(teacher, region.first), _surface(teacher, region.second)) for region in regions
    )
    correct = None
    if gold is not None:
        true = task.bound_relations(gold.annotation)
        correct = tuple(_correct_candidate(region, true) for region in regions)
    return PairDocument(known_as.group_or_id, regions, surfaces, correct)


def _surface(document: Document, end: tuple[int, int, str]) -> str:
    return " ".join(document.text[end[0] : end[1]].casefold().split())


def _correct_candidate(region: PairRegion, true: frozenset[BoundRelation]) -> int:
    """Return the index of the candidate with exactly the relations of gold; -1 if there is none."""
    ends = {region.first[:2], region.second[:2]}
    wanted = {one for one in true if {one[0], one[1]} == ends}
    for number, candidate in enumerate(region.candidates):
        if set(_bound(region, candidate)) == wanted:
            return number
    return -1


def _bound(region: PairRegion, candidate: PairCandidate) -> list[BoundRelation]:
    """Return the relations of a candidate with the bounds of their ends."""
    first, second = region.first[:2], region.second[:2]
    return [
        (first, second, label) if head < tail else (second, first, label)
        for head, tail, label in candidate
    ]


def _judged(
    documents: Sequence[PairDocument], signals: SignalMatrix, probabilities: NDArray[np.float64]
) -> JudgedPairs:
    found, number = [], 0
    for document in documents:
        pairs = []
        for region in document.regions:
            bounds = slice(signals.starts[number], signals.starts[number + 1])
            pairs.append(JudgedPair(region, probabilities[bounds]))
            number += 1
        found.append(tuple(pairs))
    return tuple(found)


def _gain(
    task: PairTask, documents: Sequence[tuple[Document, Document]], judged: JudgedPairs
) -> Comparison:
    """Compare the relations of the judge with those of the teacher on gold, group by group."""
    groups: dict[str, NDArray[np.int64]] = {}
    for (gold, teacher), pairs in zip(documents, judged, strict=True):
        true = task.bound_relations(gold.annotation)
        before = task.bound_relations(teacher.annotation)
        was = {one for pair in pairs for one in _bound(pair.region, pair.region.teacher_candidate)}
        now = {one for pair in pairs for one in _bound(pair.region, pair.best)}
        counts = groups.setdefault(gold.group_or_id, np.zeros((2, 3), np.int64))
        for system, found in enumerate(((before - was) | now, before)):
            counts[system] += (len(found & true), len(found), len(true))
    both = np.stack(list(groups.values()))
    return paired_bootstrap(both[None, :, 0], both[None, :, 1], GAIN_RESAMPLES, seed=0)
