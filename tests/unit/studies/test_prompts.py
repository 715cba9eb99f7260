"""Prompts as a factor of a study: silver of several prompts for the same texts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.unit.studies.test_study import run, sentences

from vermeil.data.document import Annotation
from vermeil.data.progress import silent
from vermeil.errors import ConfigError
from vermeil.student.config import StudentConfig
from vermeil.studies.cells.regimens import with_prompts
from vermeil.studies.config import StudyConfig
from vermeil.studies.format import regimen_name
from vermeil.studies.inputs import StudyCorpora
from vermeil.studies.plan_cells import plan_cells
from vermeil.studies.settings import StudySettings
from vermeil.tasks.protocol import Task


@pytest.fixture
def corpora() -> StudyCorpora:
    """Return corpora whose second prompt finds both names, and whose first finds one."""
    better = sentences("pool", 18)
    silver = [replace(d, annotation=Annotation((d.spans or ())[:1])) for d in better]
    dev, test = sentences("dev", 6), sentences("test", 9)
    return StudyCorpora(sentences("gold", 12), silver, dev, test, {"better": better})


def test_every_regimen_on_silver_is_run_with_every_prompt() -> None:
    variants = {"own": {"regimen": "gold_only"}, "other": {"regimen": "pooled"}}
    names = ("gold_only", "ceiling", "simple_mix", "own", "other")
    assert with_prompts(names, ["p"], variants) == (
        *names[:2],
        "simple_mix",
        "simple_mix@p",
        "own",
        "other",
        "other@p",
    )
    assert with_prompts(names, []) == names
    chosen = ("gold_only", "pooled", "auto@p")
    assert with_prompts(chosen, ["p"], variants) == chosen
    assert regimen_name("simple_mix@p") == f"{regimen_name('simple_mix')} (silver: p)"


def test_prompts_are_compared_on_the_same_texts_and_budget(
    corpora: StudyCorpora, task: Task, encoder: Path, tmp_path: Path
) -> None:
    settings: dict[str, Any] = {
        "regimens": ["gold_only", "silver_only"],
        "baseline": "silver_only",
    }
    report = run(corpora, task, encoder, tmp_path, **settings)
    cells = report.results.cells
    assert [c.regimen for c in cells[:3]] == ["gold_only", "silver_only", "silver_only@better"]
    assert len({c.key for c in cells}) == len(cells) == 6
    assert len({(c.gold_documents, c.silver_documents, c.wordpieces) for c in cells[1:3]}) == 1
    compared = {row.regimen for row in report.results.comparisons}
    assert compared == {"gold_only", "silver_only@better"}
    page = (tmp_path / "report.html").read_text("utf-8")
    assert "(silver: better)" in page

    alone = run(replace(corpora, prompts={}), task, encoder, tmp_path, **settings)
    assert (alone.ran, alone.reused) == (0, 4)


def test_auto_judges_the_silver_of_its_prompt(
    corpora: StudyCorpora, task: Task, encoder: Path, tmp_path: Path
) -> None:
    gold = [*corpora.gold, *corpora.prompts["better"][:3]]
    settings = StudySettings(
        task=task,
        study=StudyConfig(regimens=("auto",), baseline="auto", seeds=(0,)),
        student=StudentConfig(encoder=str(encoder), threads=1),
    )
    planned = plan_cells(replace(corpora, gold=gold), settings, tmp_path, silent)
    labels = {
        cell.job.regimen: [len(d.spans or ()) for d in cell.job.refinement.teacher_labels]
        for cell in planned
        if cell.job.refinement is not None
    }
    assert labels == {"auto": [1, 1, 1], "auto@better": [2, 2, 2]}


def test_silver_of_other_texts_is_an_error(
    corpora: StudyCorpora, task: Task, encoder: Path, tmp_path: Path
) -> None:
    fewer = replace(corpora, prompts={"better": corpora.prompts["better"][1:]})
    with pytest.raises(ConfigError, match=r"study\.prompts\.better: its silver has 17 documents"):
        run(fewer, task, encoder, tmp_path)


def test_only_the_named_regimens_are_trained_if_one_names_its_prompt(
    corpora: StudyCorpora, task: Task, encoder: Path, tmp_path: Path
) -> None:
    def plan(*regimens: str) -> list[str]:
        settings = StudySettings(
            task=task,
            study=StudyConfig(regimens=regimens, baseline=regimens[0], seeds=(0,)),
            student=StudentConfig(encoder=str(encoder), threads=1),
        )
        return [cell.job.regimen for cell in plan_cells(corpora, settings, tmp_path, silent)]

    chosen = ["gold_only", "pooled", "simple_mix@better"]
    assert plan(*chosen) == chosen
    with pytest.raises(ConfigError, match="names silver that is not in study"):
        plan("gold_only", "pooled@worse")
