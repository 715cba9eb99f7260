"""Rounds of judging: students judge silver, others learn what came of it and judge it again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vermeil.data.document import Document
from vermeil.data.progress import Progress
from vermeil.evaluation.bootstrap import Comparison, paired_bootstrap
from vermeil.refinement.cache import ClassProbabilities
from vermeil.refinement.judging import JudgeCorpora, JudgeResult, judge_silver
from vermeil.refinement.policy import apply_policy_to_silver
from vermeil.refinement.scorers.out_of_fold import predict_out_of_fold
from vermeil.refinement.student_trainer import SIMPLE_MIX, ScorerSettings
from vermeil.selection.config import SelectionConfig
from vermeil.selection.policies import JudgedRegion

GAIN_RESAMPLES = 1000
"""Of the bootstrap of the judge's gain."""


def judge_in_rounds(
    gold: Sequence[Document],
    judge_corpora: JudgeCorpora,
    scorer_settings: ScorerSettings,
    config: SelectionConfig,
    progress: Progress,
) -> tuple[JudgeResult, Comparison]:
    """Judge silver with students; then with students of what the judge made of it, and so on.

    Students of a later round are asked about silver alone. What those of the first say of gold
    stays, and with it how far students are trusted: what later ones learn was corrected with the
    help of all gold, so they would seem better on gold than they are.

    Args:
        gold: all gold documents.
        judge_corpora: silver, divided.
        scorer_settings: how students are trained.
        config: how many rounds, and who is asked besides.
        progress: told where it stands.

    Returns:
        The last judging, and its gain on gold. It is the first without any gain, if there is one:
        nothing is left to learn from then.
    """
    panel = _Scorers(gold, judge_corpora, scorer_settings, config, progress)
    rows = panel.student_probabilities(SIMPLE_MIX) if config.folds else None
    # After the students, who check first whether every fold leaves something to learn.
    others = panel.auxiliary_probabilities()
    judging = judge_silver(
        judge_corpora, gold, scorer_settings.task, rows, config.strengths, others
    )
    gain = _gain(judging)
    for _ in range(1, config.rounds):
        if rows is None or gain.difference <= 0:
            break
        corrected, _ = apply_policy_to_silver(
            judging, scorer_settings.task, config.refinement, config.threshold
        )
        rows = {**rows, **panel.student_probabilities({"regimen": "pooled"}, corrected)}
        judging = judge_silver(
            judge_corpora, gold, scorer_settings.task, rows, config.strengths, others
        )
        gain = _gain(judging)
    return judging, gain


def best_span_keys(regions: Sequence[JudgedRegion]) -> set[tuple[int, int, str]]:
    """Return the marks of a document's most probable options."""
    return {mark for judgement in regions for mark in judgement.best}


@dataclass(frozen=True, slots=True)
class _Scorers:
    """Those who are asked, and about what.

    Args:
        gold: all gold documents.
        judge_corpora: silver, divided.
        scorer_settings: how students are trained.
        config: how many they are, how they read, and who is asked besides.
        progress: told where it stands.
    """

    gold: Sequence[Document]
    judge_corpora: JudgeCorpora
    scorer_settings: ScorerSettings
    config: SelectionConfig
    progress: Progress

    def student_probabilities(
        self, regimen: Mapping[str, Any], corrected: Sequence[Document] | None = None
    ) -> dict[str, NDArray[np.float32]]:
        """Return the mean of the probabilities of all ensembles of students, out of fold."""
        found: dict[str, NDArray[np.float32]] = {}
        number = self.config.ensembles
        learning = self.scorer_settings.with_context(self.config.context).with_blending(regimen)
        for ensemble in range(number):
            own = replace(learning, seed=learning.seed * number + ensemble)
            silver = self.judge_corpora.silver
            rows = predict_out_of_fold(
                self.gold, silver, own, self.config.folds, corrected, self.progress
            )
            for name, values in rows.items():
                found[name] = found.get(name, np.float32(0)) + values / np.float32(number)
        return found

    def auxiliary_probabilities(self) -> dict[str, ClassProbabilities]:
        """Return what those say who are asked besides the students, by name."""
        from vermeil.refinement.scorers.corrector import corrector_probabilities
        from vermeil.refinement.scorers.dynamics import dynamics_probabilities

        found: dict[str, ClassProbabilities] = {}
        taught, learning, config = self.judge_corpora, self.scorer_settings, self.config
        if config.corrector:
            found["corrector"] = corrector_probabilities(
                taught, learning, config.folds, self.progress
            )
        if config.dynamics:
            found |= dynamics_probabilities(taught, learning, self.progress)
        return found


def _gain(judge_result: JudgeResult) -> Comparison:
    """Compare the judge with the teacher on gold, out of group."""
    groups: dict[str, NDArray[np.int64]] = {}
    for item, judgements in judge_result.gold:
        counts = groups.setdefault(item.candidates.group, np.zeros((2, 3), np.int64))
        true = set(item.gold_labels)
        for system, marks in enumerate(
            (best_span_keys(judgements), set(item.candidates.teacher_labels))
        ):
            counts[system] += (len(marks & true), len(marks), len(true))
    both = np.stack(list(groups.values()))
    return paired_bootstrap(both[None, :, 0], both[None, :, 1], GAIN_RESAMPLES, seed=0)
