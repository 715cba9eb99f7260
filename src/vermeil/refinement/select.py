"""Choosing which silver to trust, and which documents a person should look at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from vermeil.data.document import Document
from vermeil.data.progress import Progress, silent
from vermeil.refinement.curate import CuratedSilver, curate
from vermeil.refinement.judging import JudgeResult
from vermeil.refinement.student_trainer import ScorerSettings
from vermeil.selection.config import SelectionConfig
from vermeil.selection.ranking import rank, uncertain_regions
from vermeil.training.requirements import require_judging


def select(
    gold: Sequence[Document],
    silver: Sequence[Document],
    scorer_settings: ScorerSettings,
    config: SelectionConfig,
    progress: Progress = silent,
) -> CuratedSilver:
    """Return silver with what is doubtful dropped, masked or weighed; labels stay as they are.

    The probabilities come from the same judge as those of `vermeil.refine`.

    Args:
        gold: documents that people annotated.
        silver: the teacher's annotations, of texts of gold (20 places at least) and of others.
        scorer_settings: how students are trained.
        config: the ``[selection]`` section; ``policy`` says what becomes of what is doubtful.
        progress: told where it stands.

    Raises:
        ConfigError: students are to be trained, and torch or transformers is not installed.
        DataError: too few gold documents were annotated by the teacher, or there is no silver.
    """
    require_judging("vermeil select", config, scorer_settings.student)
    return curate(gold, silver, scorer_settings, config, config.policy, progress)


def rank_silver(judge_result: JudgeResult, limit: int | None = None) -> list[dict[str, Any]]:
    """Return silver documents in the order in which a person should look at them.

    Args:
        judge_result: of `select` or `refine`.
        limit: how many; None: all in which anything is seen.

    Returns:
        Per document: ``id``; ``worth``: likely errors × how often their words occur, per minute of
        reading, doubts that documents before it ask about counted less; ``errors``: expected number
        of wrong places.
    """
    asked = [
        (
            item.candidates.words,
            uncertain_regions(item.candidates.words, judgements, judge_result.surface_statistics),
        )
        for item, judgements in judge_result.silver
    ]
    return [
        {
            "id": judge_result.silver[one.index][0].document.id,
            "worth": round(one.priority, 4),
            "errors": round(one.errors, 4),
        }
        for one in rank(asked, limit)
    ]
