"""The regimen auto: silver is refined first, then learnt before gold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from vermeil.blending.config import BlendingConfig
from vermeil.data.document import Document
from vermeil.data.progress import Progress, silent
from vermeil.refinement.refine import refine
from vermeil.refinement.student_trainer import SIMPLE_MIX, ScorerSettings
from vermeil.selection.config import SelectionConfig


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a student is trained on, and how.

    Args:
        silver: the silver documents, corrected.
        blending: a regimen in place of auto.
        report: what became of silver, for JSON.
    """

    silver: tuple[Document, ...]
    blending: BlendingConfig
    report: dict[str, Any]


def resolve_auto(
    gold: Sequence[Document],
    silver: Sequence[Document],
    scorer_settings: ScorerSettings,
    selection: SelectionConfig,
    progress: Progress = silent,
) -> Recipe:
    """Return what the regimen auto comes to: Simple Mix on refined silver.

    Silver is corrected where the judge is better than the teacher on gold, and stays as it is
    otherwise. Texts that the teacher did not annotate are annotated by a student, and join silver;
    the passes over silver become fewer, so that training is as long as without them. Gold comes
    last in any case, for what is left of the teacher's errors. Why: docs/results/recipes.md.

    Args:
        gold: documents that people annotated.
        silver: the teacher's annotations, of texts of gold and of others; those without one are
            plain text.
        scorer_settings: how students are trained; its blending has the regimen auto.
        selection: how silver is judged.
        progress: told where it stands.

    Raises:
        DataError: too few gold documents were annotated by the teacher, or there is no silver.
    """
    done = refine(gold, silver, scorer_settings, selection, progress)
    added = done.report["documents"].get("self_annotated", 0)
    judged = done.documents[: len(done.documents) - added]
    sizes = [sum(len(d.text) for d in docs) for docs in (judged, done.documents)]
    budget = scorer_settings.blending.budget
    fewer = {"silver_epochs": budget.silver_epochs * sizes[0] / max(1, sizes[1])}
    own = scorer_settings.with_blending({**SIMPLE_MIX, "budget": budget.model_copy(update=fewer)})
    return Recipe(done.documents, own.blending, done.report)
