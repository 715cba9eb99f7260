"""A study on a cluster, a node of which is killed: the same results as on one machine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.integration.cluster.conftest import CONFIG, Nodes, Once
from tests.toys import blending, sentences

from vermeil.cluster.cells import cell_runner_for
from vermeil.data.progress import Progress, silent
from vermeil.student.config import StudentConfig
from vermeil.studies.config import StudyConfig
from vermeil.studies.execution import RunCells
from vermeil.studies.inputs import StudyCorpora
from vermeil.studies.settings import StudySettings
from vermeil.studies.study import StudyReport, study
from vermeil.tasks.protocol import Task

pytestmark = pytest.mark.cluster


def test_a_killed_node_changes_nothing(
    nodes: Nodes, task: Task, encoder: Path, tmp_path: Path
) -> None:
    documents = sentences(60)
    corpora = StudyCorpora(documents[:20], documents[20:40], documents[40:50], documents[50:])
    config = StudyConfig(regimens=("gold_only", "pooled", "simple_mix"), seeds=(0, 1))
    student = StudentConfig(encoder=str(encoder), threads=1)
    settings = StudySettings(task=task, study=config, student=student, blending=blending(epochs=8))

    def run(
        name: str, progress: Progress = silent, run_cells: RunCells | None = None
    ) -> StudyReport:
        output = tmp_path / name
        return study(corpora, settings, output, progress, run_cells=run_cells)

    here = run("here")
    killing = Once("study", 1, nodes.kill)
    there = run("there", killing, cell_runner_for(CONFIG))
    assert killing.acted
    assert there.ran == here.ran == 6
    for cell in (tmp_path / "here/cells").iterdir():
        assert _result(tmp_path / "there/cells" / cell.name) == _result(cell)
    best = [json.loads((tmp_path / n / "best.json").read_text()) for n in ("here", "there")]
    assert best[0]["dev_f1"] == best[1]["dev_f1"]
    assert there.model is not None
    assert (there.model / "model.safetensors").exists()


def _result(path: Path) -> dict[str, Any]:
    cell = json.loads(path.read_text())
    return {name: value for name, value in cell.items() if name != "seconds"}
