"""The ceiling trains as long as the blends, whatever the passes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tests.toys import sentences

from vermeil.blending.config import BlendingConfig
from vermeil.blending.passes import estimated_wordpieces
from vermeil.blending.regimens import split_budget
from vermeil.data.document import Annotation
from vermeil.data.progress import silent
from vermeil.student.config import StudentConfig
from vermeil.studies.config import StudyConfig
from vermeil.studies.inputs import StudyCorpora
from vermeil.studies.plan_cells import plan_cells
from vermeil.studies.settings import StudySettings
from vermeil.tasks.protocol import Task


def test_without_passes_the_ceiling_trains_as_long_as_a_blend(
    task: Task, encoder: Path, tmp_path: Path
) -> None:
    gold = [replace(one, text=f"{one.text} {i}") for i, one in enumerate(sentences(40))]
    silver = [replace(one, annotation=Annotation(spans=())) for one in gold]
    settings = StudySettings(
        task=task,
        study=StudyConfig.model_validate(
            {"regimens": ["gold_only", "pooled", "ceiling"], "seeds": [0], "gold_documents": 8}
        ),
        student=StudentConfig(encoder=str(encoder), threads=1),
        blending=BlendingConfig(),
    )
    jobs = plan_cells(StudyCorpora(gold, silver), settings, tmp_path, silent)
    totals = {}
    for job in (cell.job for cell in jobs):
        corpora = job.documents.gold, job.documents.silver
        sizes = [round(estimated_wordpieces(documents)) for documents in corpora]
        regimen = "gold_only" if job.regimen == "ceiling" else job.blending.regimen
        totals[job.regimen] = split_budget(regimen, job.blending.budget, *sizes).total
    assert totals["ceiling"] == pytest.approx(totals["pooled"], rel=0.05)
    assert totals["gold_only"] == pytest.approx(totals["pooled"], rel=0.05)
