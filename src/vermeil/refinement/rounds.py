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
from vermeil.refinement.cache import Rows
from vermeil.refinement.judging import Judging, Taught, judge
from vermeil.refinement.policy import ruled
from vermeil.refinement.scorers.out_of_fold import out_of_fold
from vermeil.refinement.student_trainer import SIMPLE_MIX, Learning
from vermeil.selection.config import SelectionConfig
from vermeil.selection.policies import Judgement

RESAMPLES = 1000
"""Of the bootstrap of the judge's gain."""


def judged_in_rounds(
    gold: Sequence[Document],
    taught: Taught,
    learning: Learning,
    config: SelectionConfig,
    progress: Progress,
) -> tuple[Judging, Comparison]:
    """Judge silver with students; then with students of what the judge made of it, and so on.

    Students of a later round are asked about silver alone. What those of the first say of gold
    stays, and with it how far students are trusted: what later ones learn was corrected with the
    help of all gold, so they would seem better on gold than they are.

    Args:
        gold: all gold documents.
        taught: silver, divided.
        learning: how students are trained.
        config: how many rounds, and who is asked besides.
        progress: told where it stands.

    Returns:
        The last judging, and its gain on gold. It is the first without any gain, if there is one:
        nothing is left to learn from then.
    """
    panel = _Panel(gold, taught, learning, config, progress)
    rows = panel.students(SIMPLE_MIX) if config.folds else None
    # After the students, who check first whether every fold leaves something to learn.
    others = panel.asked_besides()
    judging = judge(taught, gold, learning.task, rows, config.strengths, others)
    gain = _gain(judging)
    for _ in range(1, config.rounds):
        if rows is None or gain.difference <= 0:
            break
        corrected, _ = ruled(judging, learning.task, config.refinement, config.threshold)
        rows = {**rows, **panel.students({"regimen": "pooled"}, corrected)}
        judging = judge(taught, gold, learning.task, rows, config.strengths, others)
        gain = _gain(judging)
    return judging, gain


def best_marks(judgements: Sequence[Judgement]) -> set[tuple[int, int, str]]:
    """Return the marks of a document's most probable options."""
    return {mark for judgement in judgements for mark in judgement.best}


@dataclass(frozen=True, slots=True)
class _Panel:
    """Those who are asked, and about what.

    Args:
        gold: all gold documents.
        taught: silver, divided.
        learning: how students are trained.
        config: how many they are, how they read, and who is asked besides.
        progress: told where it stands.
    """

    gold: Sequence[Document]
    taught: Taught
    learning: Learning
    config: SelectionConfig
    progress: Progress

    def students(
        self, regimen: Mapping[str, Any], corrected: Sequence[Document] | None = None
    ) -> dict[str, NDArray[np.float32]]:
        """Return the mean of the probabilities of all ensembles of students, out of fold."""
        found: dict[str, NDArray[np.float32]] = {}
        number = self.config.ensembles
        learning = self.learning.reading(self.config.context).with_blend(regimen)
        for ensemble in range(number):
            own = replace(learning, seed=learning.seed * number + ensemble)
            silver = self.taught.silver
            rows = out_of_fold(self.gold, silver, own, self.config.folds, corrected, self.progress)
            for name, values in rows.items():
                found[name] = found.get(name, np.float32(0)) + values / np.float32(number)
        return found

    def asked_besides(self) -> dict[str, Rows]:
        """Return what those say who are asked besides the students, by name."""
        from vermeil.refinement.scorers.corrector import corrector_rows
        from vermeil.refinement.scorers.dynamics import dynamics_rows

        found: dict[str, Rows] = {}
        taught, learning, config = self.taught, self.learning, self.config
        if config.corrector:
            found["corrector"] = corrector_rows(taught, learning, config.folds, self.progress)
        if config.dynamics:
            found |= dynamics_rows(taught, learning, self.progress)
        return found


def _gain(judging: Judging) -> Comparison:
    """Compare the judge with the teacher on gold, out of group."""
    groups: dict[str, NDArray[np.int64]] = {}
    for item, judgements in judging.gold:
        counts = groups.setdefault(item.known.group, np.zeros((2, 3), np.int64))
        true = set(item.true)
        for system, marks in enumerate((best_marks(judgements), set(item.known.said))):
            counts[system] += (len(marks & true), len(marks), len(true))
    both = np.stack(list(groups.values()))
    return paired_bootstrap(both[None, :, 0], both[None, :, 1], RESAMPLES, seed=0)
