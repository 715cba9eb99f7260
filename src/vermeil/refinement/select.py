"""Selection of reliable silver, and the order of documents for a person to review."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vermeil.data.progress import Progress, silent
from vermeil.refinement.cache import ProbabilityCache
from vermeil.refinement.curate import CuratedSilver, curate
from vermeil.refinement.judging import JudgeResult
from vermeil.refinement.scorers.settings import ScorerSettings
from vermeil.selection.ranking.expected_errors import rank, uncertain_regions
from vermeil.training.job import TrainJob, takes_job
from vermeil.training.requirements import require_judging


@takes_job
def select(job: TrainJob, cache: Path | str, progress: Progress = silent) -> CuratedSilver:
    """Return silver with its doubtful parts dropped, masked or weighted; labels do not change.

    The probabilities are those of the judge of `vermeil.refine`.

    Args:
        job: gold, and silver of the texts of gold and of others. At least 20 regions of gold must
            be annotated by the teacher. ``job.selection.policy`` is the policy.
        cache: folder of the scorers' probabilities, which later calls reuse.
        progress: called after every step of a scorer with stage, done, total and details.

    Raises:
        ConfigError: students are needed, and torch or transformers is not installed.
        DataError: too few gold documents were annotated by the teacher, or there is no silver.
        TypeError: ``job`` is not a `TrainJob`.
    """
    cache = Path(cache)
    require_judging("vermeil select", job.selection, job.student)
    settings = ScorerSettings(job, ProbabilityCache(Path(cache)))
    return curate(settings, job.selection.policy, progress)


@dataclass(frozen=True, slots=True)
class RankedSilver:
    """A silver document in the order of review.

    Args:
        id: id of the document.
        worth: likely errors × frequency of their words, per minute of reading. Errors that an
            earlier document covers count less.
        errors: expected number of wrong regions.
    """

    id: str
    worth: float
    errors: float

    def as_dict(self) -> dict[str, Any]:
        """Return the document as a JSON object."""
        return {"id": self.id, "worth": round(self.worth, 4), "errors": round(self.errors, 4)}


def rank_silver(judge_result: JudgeResult, limit: int | None = None) -> list[RankedSilver]:
    """Return silver documents in the order in which a person should review them.

    Args:
        judge_result: of `select` or `refine`.
        limit: greatest number of documents; None: all with an uncertain region.
    """
    uncertain = [
        (
            judged.candidates.words,
            uncertain_regions(judged.candidates.words, regions, judge_result.surface_statistics),
        )
        for judged, regions in judge_result.silver
    ]
    return [
        RankedSilver(
            judge_result.silver[ranked.index][0].document.id, ranked.priority, ranked.errors
        )
        for ranked in rank(uncertain, limit)
    ]
