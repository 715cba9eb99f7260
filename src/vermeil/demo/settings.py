"""Settings of the demo, read from its ``vermeil.toml``."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vermeil.blending.config import BlendingConfig
from vermeil.selection.config import SelectionConfig
from vermeil.student.config import StudentConfig
from vermeil.studies.config import StudyConfig
from vermeil.tasks.config import TaskConfig
from vermeil.teacher.config import TeacherConfig

CONFIGURATION = Path(__file__).parent / "vermeil.toml"
"""The demo's ``vermeil.toml``."""


@dataclass(frozen=True, slots=True)
class DemoSettings:
    """Sections of the configuration that the demo uses."""

    task: TaskConfig
    teacher: TeacherConfig
    student: StudentConfig
    blending: BlendingConfig
    selection: SelectionConfig
    study: StudyConfig

    def as_dict(self) -> dict[str, Any]:
        """Return the sections for the report and JSON."""
        return {name: getattr(self, name).model_dump(mode="json") for name in self.__slots__}


def read_settings(path: Path = CONFIGURATION) -> DemoSettings:
    """Read the configuration of the demo; the file in the package is always valid."""
    sections = tomllib.loads(path.read_text("utf-8"))
    return DemoSettings(
        TaskConfig.model_validate(sections["task"]),
        TeacherConfig.model_validate(sections["teacher"]),
        StudentConfig.model_validate(sections["student"]),
        BlendingConfig.model_validate(sections["blending"]),
        SelectionConfig.model_validate(sections["selection"]),
        StudyConfig.model_validate(sections["study"]),
    )
