"""Refinement of silver: the annotation that teacher, students and gold make most probable."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from vermeil.data.progress import Progress, silent
from vermeil.refinement.cache import ProbabilityCache
from vermeil.refinement.curate import CuratedSilver, curate
from vermeil.refinement.scorers.settings import ScorerSettings
from vermeil.refinement.self_training import self_annotate
from vermeil.training.job import TrainJob, takes_job
from vermeil.training.requirements import require_judging


@takes_job
def refine(job: TrainJob, cache: Path | str, progress: Progress = silent) -> CuratedSilver:
    """Return silver with the teacher's errors corrected as far as gold shows them.

    Students are trained on gold and silver, fold by fold, and predict the documents of the fold
    that they were not trained on. A small judge weighs the labels of teacher and students, the
    typical errors of this teacher, and the labels of the same words in other documents. It is
    fitted on gold that the teacher annotated, too. Silver stays as it is if the judge is no better
    than the teacher on gold.

    With ``selection.self_training`` and students, silver documents without an annotation are then
    annotated by a student of gold and refined silver. Method: docs/selection.md, evidence:
    docs/results/recipes.md.

    Args:
        job: gold, and silver of the texts of gold and of others. At least 20 regions of gold must
            be annotated by the teacher. ``job.selection.refinement`` is the policy.
        cache: folder of the scorers' probabilities, which later calls reuse.
        progress: called after every step of a scorer with stage, done, total and details.

    Returns:
        The silver documents that are not in gold, with scores. ``meta.changes`` of a document lists
        its changes. Documents that a student annotated come last.

    Raises:
        ConfigError: students are needed, and torch or transformers is not installed.
        DataError: too few gold documents were annotated by the teacher, or there is no silver.
        TypeError: ``job`` is not a `TrainJob`.
    """
    cache = Path(cache)
    config = job.selection
    require_judging("vermeil refine", config, job.student)
    settings = ScorerSettings(job, ProbabilityCache(Path(cache)))
    done = curate(settings, config.refinement, progress)
    if not (done.plain and config.folds and config.self_training):
        return done
    trained_on = settings.with_context(config.context).with_documents(job.gold, done.documents)
    annotated = self_annotate(trained_on, done.plain, progress)
    documents = (*done.documents, *annotated)
    counts = replace(done.report.documents, written=len(documents), self_annotated=len(annotated))
    return replace(done, documents=documents, report=replace(done.report, documents=counts))
