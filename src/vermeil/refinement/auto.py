"""The regimen auto: Simple Mix of gold and refined silver."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from vermeil.data.progress import Progress, silent
from vermeil.refinement.refine import refine
from vermeil.refinement.report import RefineReport
from vermeil.refinement.scorers.settings import SIMPLE_MIX
from vermeil.training.job import TrainJob


@dataclass(frozen=True, slots=True)
class Recipe:
    """A job that replaces one with the regimen auto.

    Args:
        job: refined silver and a regimen in place of auto.
        report: the report of the refinement.
    """

    job: TrainJob
    report: RefineReport


def resolve_auto(job: TrainJob, cache: Path, progress: Progress = silent) -> Recipe:
    """Return the job in place of one with the regimen auto: Simple Mix on refined silver.

    Silver is corrected if the judge is better than the teacher on gold. Documents that the teacher
    did not annotate are annotated by a student and join silver. The silver epochs are then reduced,
    so that training is as long as without these documents. Gold comes last, against the errors that
    remain in silver. Evidence: docs/results/recipes.md.

    Args:
        job: gold, and silver of the texts of gold and of others, with the regimen auto.
        cache: folder of the scorers' probabilities, which later calls reuse.
        progress: called after every step of a scorer with stage, done, total and details.

    Raises:
        DataError: too few gold documents were annotated by the teacher, or there is no silver.
    """
    done = refine(job, cache, progress)
    added = done.report.documents.self_annotated or 0
    judged = done.documents[: len(done.documents) - added]
    before, after = (sum(len(d.text) for d in docs) for docs in (judged, done.documents))
    budget = job.blending.budget
    epochs = budget.silver_epochs * before / max(1, after)
    budget = budget.model_copy(update={"silver_epochs": epochs})
    blending = job.blending.model_copy(update={**SIMPLE_MIX, "budget": budget})
    return Recipe(replace(job, silver=done.documents, blending=blending), done.report)
