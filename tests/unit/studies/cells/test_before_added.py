"""The regimen before_added: the same documents, without the annotation of added labels."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.toys import blending, sentences

from vermeil.data.progress import silent
from vermeil.errors import ConfigError
from vermeil.student.config import StudentConfig
from vermeil.studies.config import StudyConfig
from vermeil.studies.inputs import StudyCorpora
from vermeil.studies.plan_cells import plan_cells
from vermeil.studies.settings import StudySettings
from vermeil.tasks import make_task
from vermeil.tasks.config import TaskConfig


def settings(encoder: Path, labels: dict[str, Any]) -> StudySettings:
    return StudySettings(
        task=make_task(TaskConfig.model_validate({"labels": labels})),
        study=StudyConfig(
            regimens=("before_added", "simple_mix"), seeds=(0,), baseline="before_added"
        ),
        student=StudentConfig(encoder=str(encoder), threads=1),
        blending=blending("simple_mix", 1),
    )


def test_the_cells_differ_in_the_added_label_only(encoder: Path, tmp_path: Path) -> None:
    gold, silver = sentences(12)[:4], sentences(12)[4:]
    made = settings(encoder, {"PER": {}, "LOC": {"added": True}})
    cells = plan_cells(StudyCorpora(gold, silver), made, tmp_path, silent)
    before, after = (cell.job for cell in cells)
    assert before.blending == after.blending
    for part in ("gold", "silver"):
        pairs = zip(getattr(before.documents, part), getattr(after.documents, part), strict=True)
        for hidden, shown in pairs:
            assert (hidden.id, hidden.text) == (shown.id, shown.text)
            assert [s.label for s in hidden.spans or ()] == ["PER"]
            assert hidden.annotation.unknown_labels == {"LOC"}
            assert {s.label for s in shown.spans or ()} == {"PER", "LOC"}
    assert cells[0].key != cells[1].key


def test_it_needs_an_added_label(encoder: Path, tmp_path: Path) -> None:
    made = settings(encoder, {"PER": {}, "LOC": {}})
    with pytest.raises(ConfigError, match="before_added needs a label with added = true"):
        plan_cells(StudyCorpora(sentences(4)), made, tmp_path, silent)
