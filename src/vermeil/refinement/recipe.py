"""Regimens whose silver is made by trained students first: auto and self_training."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from vermeil.blending.config import RegimenName
from vermeil.blending.passes import estimated_wordpieces
from vermeil.data.document import Document
from vermeil.data.progress import Progress, silent
from vermeil.errors import DataError
from vermeil.refinement.cache import ProbabilityCache
from vermeil.refinement.judge_corpora import divide_corpora
from vermeil.refinement.refine import refine
from vermeil.refinement.report import RefineReport
from vermeil.refinement.scorers.settings import GOLD_ONLY, SIMPLE_MIX, ScorerSettings
from vermeil.refinement.self_training import self_annotate
from vermeil.refinement.silver_gain import SilverGain, measure_silver_gain
from vermeil.training.job import TrainJob
from vermeil.training.requirements import require_judging


@dataclass(frozen=True, slots=True)
class Recipe:
    """A job that replaces one whose regimen makes its silver first.

    Args:
        job: the silver that was made, and Simple Mix in place of the regimen; gold only if silver
            is left out.
        report: the report of the refinement; None: silver was not refined.
        self_annotated: number of documents that a student annotated.
        silver_gain: the measurement that decides whether silver is used; None: not measured.
    """

    job: TrainJob
    report: RefineReport | None
    self_annotated: int
    silver_gain: SilverGain | None = None

    @property
    def record(self) -> Mapping[str, Any]:
        """The recipe's part of the record of the training."""
        gain = {} if self.silver_gain is None else {"silver_gain": self.silver_gain.as_dict()}
        if self.report is not None:
            return {"refinement": self.report.as_dict(), **gain}
        return {"self_annotated": self.self_annotated, **gain}


def resolve_recipe(job: TrainJob, cache: Path, progress: Progress = silent) -> Recipe:
    """Return the job in place of one whose regimen makes its silver first.

    The silver epochs are reduced when documents join silver, so that training is as long as without
    them. Gold comes last, against the errors that remain in silver. Evidence:
    docs/results/recipes.md.

    - ``auto``: silver is left out if it does harm on gold (see
      `vermeil.refinement.silver_gain`). It is corrected if the judge is better than the teacher on
      gold. Documents that the teacher did not annotate are annotated by a student and join silver.
    - ``self_training``: silver stays as it is. A student of gold and silver annotates the
      documents without an annotation, and they join silver. It needs two trainings, and no gold
      that the teacher annotated, too.

    Args:
        job: gold and silver, with a regimen of `RECIPES`.
        cache: folder of the scorers' probabilities, which later calls reuse.
        progress: called after every step of a scorer with stage, done, total and details.

    Raises:
        DataError: auto: too few gold documents were annotated by the teacher, or there is no
            silver. self_training: there is no document without an annotation.
    """
    return RECIPES[job.blending.regimen](job, cache, progress)


def _auto(job: TrainJob, cache: Path, progress: Progress) -> Recipe:
    gain = _silver_gain(job, cache, progress)
    if gain is not None and not gain.is_silver_used:
        blending = job.blending.model_copy(update=dict(GOLD_ONLY))
        return Recipe(replace(job, silver=(), blending=blending), None, 0, gain)
    done = refine(job, cache, progress)
    added = done.report.documents.self_annotated or 0
    judged = done.documents[: len(done.documents) - added]
    return Recipe(_simple_mix(job, judged, done.documents), done.report, added, gain)


def _silver_gain(job: TrainJob, cache: Path, progress: Progress) -> SilverGain | None:
    """Return the gain of silver on gold; None if the configuration does not ask for it."""
    if not job.selection.compares_with_gold_only:
        return None
    require_judging("the regimen auto", job.selection, job.student)
    return measure_silver_gain(ScorerSettings(job, ProbabilityCache(cache)), progress)


def _self_training(job: TrainJob, cache: Path, progress: Progress) -> Recipe:
    corpora = divide_corpora(job.gold, job.silver)
    if not corpora.plain:
        raise DataError(
            "silver: no document is without an annotation, so the regimen self_training has no "
            "plain text to annotate; add plain text to silver, or set blending.regimen to "
            "simple_mix"
        )
    settings = ScorerSettings(replace(job, silver=corpora.silver), ProbabilityCache(cache))
    added = self_annotate(settings, corpora.plain, progress)
    silver = (*corpora.silver, *added)
    return Recipe(_simple_mix(job, corpora.silver, silver), None, len(added))


def _simple_mix(job: TrainJob, before: Sequence[Document], silver: Sequence[Document]) -> TrainJob:
    """Return the job with Simple Mix on silver; as long as it would be on the silver before."""
    earlier, now = estimated_wordpieces(before), estimated_wordpieces(silver)
    budget = job.blending.budget
    if 0 < earlier < now:
        epochs = budget.silver_passes(earlier) * earlier / now
        budget = budget.model_copy(update={"silver_epochs": epochs})
    blending = job.blending.model_copy(update={**SIMPLE_MIX, "budget": budget})
    return replace(job, silver=tuple(silver), blending=blending)


RECIPES: dict[RegimenName, Callable[[TrainJob, Path, Progress], Recipe]] = {
    "auto": _auto,
    "self_training": _self_training,
}
"""Every regimen that makes its silver first."""
