"""Settings of a study: defaults, immutability, and no torch on import."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import FrozenInstanceError
from pathlib import Path
from typing import Any

import pytest

from vermeil.blending.config import BlendingConfig
from vermeil.selection.config import SelectionConfig
from vermeil.student.config import StudentConfig
from vermeil.studies.config import PlanConfig, StudyConfig
from vermeil.studies.inputs import StudyCorpora
from vermeil.studies.settings import StudySettings
from vermeil.studies.study import study
from vermeil.tasks.protocol import Task


def test_only_the_task_is_required(task: Task) -> None:
    settings = StudySettings(task=task)
    assert settings.study == StudyConfig()
    assert settings.student == StudentConfig()
    assert settings.blending == BlendingConfig()
    assert settings.selection == SelectionConfig()
    assert settings.plan == PlanConfig()
    with pytest.raises(TypeError, match="positional"):
        StudySettings(task)  # type: ignore[call-arg]
    with pytest.raises(FrozenInstanceError):
        settings.study = StudyConfig(seeds=(1,))  # type: ignore[misc]


def test_the_settings_need_no_torch() -> None:
    code = "import sys, vermeil.studies.settings; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_call_in_the_old_style_names_the_settings(task: Task, tmp_path: Path) -> None:
    old: Any = study
    parts = (StudyConfig(), StudentConfig(), BlendingConfig())
    with pytest.raises(TypeError, match="StudySettings"):
        old(StudyCorpora((), ()), task, *parts, tmp_path)
    with pytest.raises(TypeError, match=r"settings is a .*StudySettings"):
        old(StudyCorpora((), ()), task, tmp_path)
    with pytest.raises(TypeError, match=r"missing a required argument: 'settings'.*StudySettings"):
        old(StudyCorpora((), ()), task=task, config=parts[0], output=tmp_path)
    assert list(tmp_path.iterdir()) == []
