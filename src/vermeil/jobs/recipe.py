"""The regimen auto: silver is corrected first, and what it came to decides how it is learnt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vermeil.blending.config import BlendingConfig
from vermeil.data.document import Document
from vermeil.data.progress import Progress, silent
from vermeil.jobs.learning import Learning
from vermeil.jobs.refine import refine
from vermeil.selection.config import SelectionConfig
from vermeil.student.config import StudentConfig
from vermeil.tasks.protocol import Task

REFINED: dict[str, Any] = {"regimen": "pooled", "gold_tail": 0.3}
"""How corrected silver is learnt."""

PLAIN: dict[str, Any] = {"regimen": "simple_mix", "gold_tail": 0.0}
"""How silver is learnt that is left as it is."""


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
    task: Task,
    student: StudentConfig,
    blending: BlendingConfig,
    selection: SelectionConfig,
    seed: int,
    folder: Path,
    progress: Progress = silent,
) -> Recipe:
    """Return what the regimen auto comes to.

    Silver is judged by students that were trained with Simple Mix. Where the judge is better than
    the teacher on gold, the corrected silver is pooled with gold, of which a part is kept for the
    end; otherwise silver stays as it is and Simple Mix is what is left. Why: see
    docs/results/recipes.md.

    Args:
        gold: documents that people annotated.
        silver: the teacher's annotations, of texts of gold and of others.
        task: what the student is to do.
        student: encoder and training settings.
        blending: with the regimen auto.
        selection: how silver is judged.
        seed: draws folds and students.
        folder: where what students say out of fold is kept.
        progress: told where it stands.

    Raises:
        DataError: too few gold documents were annotated by the teacher, or there is no silver.
    """
    learning = Learning(task, student, blending, seed, folder)
    done = refine(gold, silver, learning, selection, progress)
    regimen = REFINED if done.report["believed"] else PLAIN
    return Recipe(done.documents, blending.model_copy(update=regimen), done.report)
