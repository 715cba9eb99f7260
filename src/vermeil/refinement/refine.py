"""Correcting silver: what teacher, students and gold together make most probable."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from vermeil.data.document import Document
from vermeil.data.progress import Progress, silent
from vermeil.refinement.curate import CuratedSilver, curate
from vermeil.refinement.self_training import self_annotate
from vermeil.refinement.student_trainer import ScorerSettings
from vermeil.selection.config import SelectionConfig
from vermeil.training.requirements import require_judging


def refine(
    gold: Sequence[Document],
    silver: Sequence[Document],
    scorer_settings: ScorerSettings,
    config: SelectionConfig,
    progress: Progress = silent,
) -> CuratedSilver:
    """Return silver with the teacher's errors corrected as far as gold shows how.

    Students are trained on gold and silver, fold by fold, and say what they see in the documents
    that they did not learn from. A small judge, fitted on gold that the teacher annotated, too,
    weighs what teacher and students say, the errors that this teacher makes, and how the same words
    are labelled elsewhere. Where it is not better than the teacher on gold, silver stays as it is.
    Silver documents that the teacher did not annotate are then annotated by a student of gold and
    refined silver, if there are students at all and that is wanted. The method is told in
    docs/selection.md, how it was chosen in docs/results/recipes.md.

    Args:
        gold: documents that people annotated.
        silver: the teacher's annotations, of texts of gold (20 places at least) and of others.
        scorer_settings: how students are trained.
        config: the ``[selection]`` section; ``refinement`` says what is written.
        progress: told where it stands.

    Returns:
        The silver documents that are not in gold, with scores; ``meta.changes`` of a document says
        what was changed. Those that a student annotated come last.

    Raises:
        ConfigError: students are to be trained, and torch or transformers is not installed.
        DataError: too few gold documents were annotated by the teacher, or there is no silver.
    """
    require_judging("vermeil refine", config, scorer_settings.student)
    done = curate(gold, silver, scorer_settings, config, config.refinement, progress)
    if not (done.plain and config.folds and config.self_training):
        return done
    own = scorer_settings.with_context(config.context)
    annotated = self_annotate(gold, done.documents, done.plain, own, progress)
    documents = (*done.documents, *annotated)
    counts = {**done.report["documents"], "self_annotated": len(annotated)}
    counts["written"] = len(documents)
    return replace(done, documents=documents, report={**done.report, "documents": counts})
