"""The demo's configuration, section by section, from the file that users may copy."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from vermeil.blending.config import BlendingConfig
from vermeil.student.config import StudentConfig
from vermeil.studies.config import StudyConfig
from vermeil.tasks.config import TaskConfig
from vermeil.teacher.config import TeacherConfig

CONFIGURATION = Path(__file__).parent / "vermeil.toml"
"""The demo's ``vermeil.toml``."""

SHORT_BUDGET = 22_000
"""Wordpieces per cell where the processor has no bfloat16 of its own: training is slower there, and
the demo is to end in five minutes all the same."""


@dataclass(frozen=True, slots=True)
class DemoSettings:
    """The sections that the demo uses."""

    task: TaskConfig
    teacher: TeacherConfig
    student: StudentConfig
    blending: BlendingConfig
    study: StudyConfig

    def as_dict(self) -> dict[str, Any]:
        """For the report and JSON."""
        return {name: getattr(self, name).model_dump(mode="json") for name in self.__slots__}


def read_settings(path: Path = CONFIGURATION) -> DemoSettings:
    """Read the demo's configuration, which lies in the package and is known to be valid."""
    sections = tomllib.loads(path.read_text("utf-8"))
    return DemoSettings(
        TaskConfig.model_validate(sections["task"]),
        TeacherConfig.model_validate(sections["teacher"]),
        StudentConfig.model_validate(sections["student"]),
        BlendingConfig.model_validate(sections["blending"]),
        StudyConfig.model_validate(sections["study"]),
    )


def shortened(settings: DemoSettings) -> DemoSettings:
    """Return the same settings with the `SHORT_BUDGET` budget."""
    budget = settings.blending.budget.model_copy(update={"wordpieces": SHORT_BUDGET})
    return replace(settings, blending=settings.blending.model_copy(update={"budget": budget}))
