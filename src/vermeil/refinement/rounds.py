"""Rounds of judging: students of a later round are trained on silver that the judge corrected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vermeil.data.document import Document
from vermeil.data.progress import Progress
from vermeil.evaluation.bootstrap import Comparison
from vermeil.refinement.cache import ClassProbabilities
from vermeil.refinement.candidates import ScorerPredictions
from vermeil.refinement.gain import judge_gain
from vermeil.refinement.judge_corpora import JudgeCorpora
from vermeil.refinement.judging import JudgeResult, judge_silver
from vermeil.refinement.policy import apply_policy_to_silver
from vermeil.refinement.scorers.out_of_fold import predict_out_of_fold
from vermeil.refinement.scorers.registry import SCORERS
from vermeil.refinement.scorers.settings import SIMPLE_MIX, ScorerSettings
from vermeil.tasks.pair_task import pair_task


def judge_in_rounds(
    judge_corpora: JudgeCorpora, settings: ScorerSettings, progress: Progress
) -> tuple[JudgeResult, Comparison]:
    """Judge silver with students, then with students of the corrected silver, round by round.

    Students of a later round score silver only. Their training silver was corrected using all
    gold, so their scores on gold would be optimistically biased. For gold, the probabilities of the
    first round stay.

    Args:
        judge_corpora: gold with the teacher's annotations, and the rest of silver.
        settings: the training job, with all gold documents, and the cache.
        progress: called after every step of a scorer with stage, done, total and details.

    Returns:
        The last judgements and their gain on gold. Rounds end early when there is no gain, because
        then there is nothing to correct.
    """
    job, config = settings.job, settings.job.selection
    students = (
        _student_probabilities(judge_corpora, settings, SIMPLE_MIX, progress)
        if config.folds
        else None
    )
    # After the students: they check first that every fold leaves documents to train on.
    auxiliary = _auxiliary_probabilities(judge_corpora, settings, progress)

    def judge() -> tuple[JudgeResult, Comparison]:
        predictions = ScorerPredictions(students, auxiliary)
        result = judge_silver(judge_corpora, job.gold, job.task, predictions, config.strengths)
        return result, judge_gain(result)

    result, gain = judge()
    for _ in range(1, config.rounds):
        if students is None or gain.difference <= 0:
            break
        corrected, _ = apply_policy_to_silver(result, job.task, config.refinement, config.threshold)
        pooled = {"regimen": "pooled"}
        students |= _student_probabilities(judge_corpora, settings, pooled, progress, corrected)
        result, gain = judge()
    return result, gain


def judging_settings(
    judge_corpora: JudgeCorpora, settings: ScorerSettings, blending: Mapping[str, Any]
) -> ScorerSettings:
    """Return the settings of the students that judge silver.

    Args:
        judge_corpora: gold with the teacher's annotations, and the rest of silver.
        settings: the training job, with all gold documents, and the cache.
        blending: values of the blending that these students replace.
    """
    job = settings.job
    if pair_task(job.task) is not None:
        documents = judge_corpora.teacher_documents
        settings = replace(settings, teacher={d.id: d.annotation for d in documents})
    own = settings.with_documents(job.gold, judge_corpora.silver).with_blending(blending)
    # The first split into folds, also where there are several.
    return own.with_context(job.selection.context).with_seed(job.seed * job.selection.ensembles)


def _student_probabilities(
    judge_corpora: JudgeCorpora,
    settings: ScorerSettings,
    blending: Mapping[str, Any],
    progress: Progress,
    corrected: Sequence[Document] | None = None,
) -> dict[str, NDArray[np.float32]]:
    """Return the mean out-of-fold probabilities of all ensembles of students."""
    found: dict[str, NDArray[np.float32]] = {}
    config = settings.job.selection
    first = judging_settings(judge_corpora, settings, blending)
    for ensemble in range(config.ensembles):
        own = first.with_seed(first.job.seed + ensemble)
        for name, rows in predict_out_of_fold(own, corrected, progress).items():
            found[name] = found.get(name, np.float32(0)) + rows / np.float32(config.ensembles)
    return found


def _auxiliary_probabilities(
    judge_corpora: JudgeCorpora, settings: ScorerSettings, progress: Progress
) -> dict[str, ClassProbabilities]:
    """Return the probabilities of the auxiliary scorers, by name."""
    found: dict[str, ClassProbabilities] = {}
    for spec in SCORERS.values():
        if spec.enabled(settings.job.selection):
            found |= spec.probabilities(judge_corpora, settings, progress)
    return found
