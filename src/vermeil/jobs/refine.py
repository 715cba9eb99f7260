"""Correcting silver: what teacher, students and gold together make most probable."""

from __future__ import annotations

from collections.abc import Sequence

from vermeil.data.document import Document
from vermeil.data.progress import Progress, silent
from vermeil.jobs.learning import Learning
from vermeil.jobs.selecting import Selection, choose
from vermeil.selection.config import SelectionConfig


def refine(
    gold: Sequence[Document],
    silver: Sequence[Document],
    learning: Learning,
    config: SelectionConfig,
    progress: Progress = silent,
) -> Selection:
    """Return silver with the teacher's errors corrected as far as gold shows how.

    Students are trained on gold and silver, fold by fold, and say what they see in the documents
    that they did not learn from. A small judge, fitted on gold that the teacher annotated, too,
    weighs what teacher and students say, the errors that this teacher makes, and how the same words
    are labelled elsewhere. Where it is not better than the teacher on gold, silver stays as it is.
    The method is told in docs/selection.md, how it was chosen in docs/results/recipes.md.

    Args:
        gold: documents that people annotated.
        silver: the teacher's annotations, of texts of gold (20 places at least) and of others.
        learning: how students are trained.
        config: the ``[selection]`` section; ``refinement`` says what is written.
        progress: told where it stands.

    Returns:
        The silver documents that are not in gold, with scores; ``meta.changes`` of a document says
        what was changed.

    Raises:
        DataError: too few gold documents were annotated by the teacher, or there is no silver.
    """
    return choose(gold, silver, learning, config, config.refinement, progress)
