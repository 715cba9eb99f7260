"""The judge of silver: fitted on gold that the teacher annotated, applied to all silver."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vermeil.data.document import Document
from vermeil.errors import DataError
from vermeil.refinement.candidates import (
    JudgedDocument,
    ScorerPredictions,
    collect_candidates,
    surface_statistics,
)
from vermeil.refinement.judge_corpora import JudgeCorpora
from vermeil.refinement.pairs import RelationJudgement, judge_relations
from vermeil.selection.judge import SignalMatrix, candidate_probabilities, cross_fit, fit
from vermeil.selection.policies import JudgedRegion
from vermeil.selection.signals import make_signals, prior_weights, signal_names
from vermeil.selection.surfaces import SurfaceStatistics
from vermeil.tasks.protocol import Task

MINIMUM_REGIONS = 20
"""Least number of doubly labelled regions to fit a judge on."""

JudgedDocuments = tuple[tuple[JudgedDocument, tuple[JudgedRegion, ...]], ...]
"""Documents, each with the judged regions of its text."""


@dataclass(frozen=True, slots=True)
class JudgeResult:
    """Judgements of all documents.

    Args:
        silver: silver documents with the judgements of their regions.
        gold: doubly labelled documents, each judged without the documents of its group.
        strength: the chosen strength of the prior.
        weights: weights of the signals, by name.
        surface_statistics: how the teacher labels each surface.
        with_students: whether students scored the documents.
        auxiliary: names of the auxiliary scorers.
        relations: judgements of the relations; None if the task has none.
    """

    silver: JudgedDocuments
    gold: JudgedDocuments
    strength: float
    weights: Mapping[str, float]
    surface_statistics: SurfaceStatistics
    with_students: bool
    auxiliary: tuple[str, ...] = ()
    relations: RelationJudgement | None = None


@dataclass(frozen=True, slots=True)
class _Judge:
    """A fitted judge.

    Args:
        strength: the chosen strength of the prior.
        weights: float64, shape (signals,).
        gold_probabilities: of the candidates of gold, each from a judge that was fitted without
            its group: float64, shape (candidates,).
    """

    strength: float
    weights: NDArray[np.float64]
    gold_probabilities: NDArray[np.float64]


def judge_silver(
    judge_corpora: JudgeCorpora,
    gold: Sequence[Document],
    task: Task,
    predictions: ScorerPredictions,
    strengths: Sequence[float],
) -> JudgeResult:
    """Fit the judge on doubly labelled gold, and judge all silver.

    Args:
        judge_corpora: gold with the teacher's annotations, and the rest of silver.
        gold: all gold documents. Their surfaces are a signal.
        task: finds the regions of a document.
        predictions: class probabilities of every document.
        strengths: strengths of the prior to choose from.

    Raises:
        DataError: the teacher annotated too few regions of gold documents.
    """
    of_gold, of_silver = collect_candidates(judge_corpora, task, predictions)
    correct = _correct_candidates(of_gold)
    _check_regions(correct, len(of_gold))
    statistics = surface_statistics([*of_gold, *of_silver], gold, task)
    labels, auxiliary = task.labels, tuple(predictions.auxiliary)
    gold_signals, silver_signals = (
        make_signals([judged.candidates for judged in documents], statistics, labels, auxiliary)
        for documents in (of_gold, of_silver)
    )
    judge = _fit_judge(
        gold_signals, correct, _groups(of_gold), prior_weights(labels, auxiliary), strengths
    )
    silver_probabilities = candidate_probabilities(silver_signals, judge.weights)
    names = signal_names(labels, auxiliary)
    return JudgeResult(
        _judged_regions(of_silver, silver_signals, silver_probabilities),
        _judged_regions(of_gold, gold_signals, judge.gold_probabilities),
        judge.strength,
        dict(zip(names, judge.weights.round(3).tolist(), strict=True)),
        statistics.teacher,
        predictions.students is not None,
        auxiliary,
        judge_relations(judge_corpora, task, predictions.students, strengths),
    )


def _correct_candidates(documents: Sequence[JudgedDocument]) -> NDArray[np.int64]:
    """Return the index of the correct candidate of each region; -1 where none is correct."""
    indices = (
        region.candidate_index(judged.gold_labels)
        for judged in documents
        for region in judged.candidates.regions
    )
    return np.array([-1 if index is None else index for index in indices], np.int64)


def _groups(documents: Sequence[JudgedDocument]) -> list[str]:
    """Return the group of each region."""
    return [judged.candidates.group for judged in documents for _ in judged.candidates.regions]


def _check_regions(correct: NDArray[np.int64], document_count: int) -> None:
    """Raise `DataError` if the judge would be fitted on too few regions."""
    known = int((correct >= 0).sum())
    if known < MINIMUM_REGIONS:
        raise DataError(
            f"{known} regions of {document_count} gold documents that the teacher annotated, too, "
            f"have a correct candidate; at least {MINIMUM_REGIONS} are needed. Give the teacher "
            "the texts of gold, too, and keep its annotations in corpora.silver"
        )


def _fit_judge(
    signals: SignalMatrix,
    correct: NDArray[np.int64],
    groups: Sequence[str],
    prior: NDArray[np.float64],
    strengths: Sequence[float],
) -> _Judge:
    """Choose the strength of the prior by cross-validation, and fit the judge on all of gold."""
    strength, out_of_group = cross_fit(signals, correct, groups, prior, strengths)
    known = np.flatnonzero(correct >= 0)
    weights = fit(signals.select_regions(known), correct[known], prior, strength)
    return _Judge(strength, weights, out_of_group)


def _judged_regions(
    documents: Sequence[JudgedDocument],
    signals: SignalMatrix,
    probabilities: NDArray[np.float64],
) -> JudgedDocuments:
    """Return the documents with the probabilities of their regions' candidates."""
    found, first = [], 0
    for judged in documents:
        regions = judged.candidates.regions
        bounds = signals.starts[first : first + len(regions) + 1]
        first += len(regions)
        judged_regions = tuple(
            JudgedRegion(region, probabilities[bounds[i] : bounds[i + 1]])
            for i, region in enumerate(regions)
        )
        found.append((judged, judged_regions))
    return tuple(found)
