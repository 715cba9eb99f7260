"""Settings of a study: defaults, immutability, and no torch on import."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import FrozenInstanceError

import pytest

from vermeil.blending.config import BlendingConfig
from vermeil.selection.config import SelectionConfig
from vermeil.student.config import StudentConfig
from vermeil.studies.config import PlanConfig, StudyConfig
from vermeil.studies.settings import StudySettings
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
