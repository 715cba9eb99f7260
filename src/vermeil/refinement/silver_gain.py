"""The gain of silver: students of gold and silver, compared with students of gold only."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vermeil.data.counts import Counts, sum_counts
from vermeil.data.document import Document
from vermeil.data.progress import Progress, silent
from vermeil.data.words import words_of
from vermeil.evaluation.bootstrap import Comparison, paired_bootstrap
from vermeil.evaluation.documents import items_by_group
from vermeil.refinement.curate import checked_corpora
from vermeil.refinement.gain import GAIN_RESAMPLES
from vermeil.refinement.rounds import judging_settings
from vermeil.refinement.scorers.out_of_fold import predict_out_of_fold
from vermeil.refinement.scorers.settings import GOLD_ONLY, SIMPLE_MIX, ScorerSettings
from vermeil.tasks.protocol import Task


@dataclass(frozen=True, slots=True)
class SilverGain:
    """Effect of silver, measured on gold that the students were not trained on.

    Args:
        with_silver: scores of students of gold and silver (Simple Mix).
        gold_only: scores of students of gold only, with the same budget.
        gain: F1 of the former minus F1 of the latter.
    """

    with_silver: Counts
    gold_only: Counts
    gain: Comparison

    @property
    def is_silver_used(self) -> bool:
        """Return whether F1 with silver is at least that of gold only."""
        return self.gain.difference >= 0

    def as_dict(self) -> dict[str, Any]:
        """Return the measurement as a JSON object."""
        return {
            "with_silver": self.with_silver.overall.f1,
            "gold_only": self.gold_only.overall.f1,
            "gain": self.gain.as_dict(),
            "silver_used": self.is_silver_used,
        }


def measure_silver_gain(settings: ScorerSettings, progress: Progress = silent) -> SilverGain:
    """Compare students of gold and silver with students of gold only.

    Gold is cut into ``selection.folds`` folds. For each fold and each of the two kinds, a student
    is trained on the other folds and predicts this one. The students of gold and silver are those
    that judge silver later, so only those of gold only are additional trainings. Of a task with
    relations, the entities are compared.

    Args:
        settings: gold, silver and the settings of the students; the cache.
        progress: called after every step of a student with stage, done, total and details.

    Raises:
        DataError: no gold document was annotated by the teacher, there is no other silver, or gold
            has fewer groups than folds.
    """
    job = settings.job
    corpora = checked_corpora(job)
    scored: list[list[Counts]] = []
    for blending in (SIMPLE_MIX, GOLD_ONLY):
        own = judging_settings(corpora, settings, blending)
        rows = predict_out_of_fold(own, None, progress, gold_only=True)
        scored.append([_count(job.task, document, rows[document.id]) for document in job.gold])
    with_silver, gold_only = (
        np.stack(list(items_by_group(job.gold, counts).values()))[None] for counts in scored
    )
    gain = paired_bootstrap(with_silver, gold_only, GAIN_RESAMPLES, seed=0)
    return SilverGain(sum_counts(scored[0]), sum_counts(scored[1]), gain)


def _count(task: Task, gold: Document, rows: NDArray[np.float32]) -> Counts:
    """Return the counts of the entities or topics that class probabilities stand for."""
    true = replace(gold.annotation, relations=None, abstain_pairs=())
    return task.count(true, task.decode(words_of(gold), rows))
