"""Settings of a study as one object."""

from __future__ import annotations

from dataclasses import dataclass, field

from vermeil.blending.config import BlendingConfig
from vermeil.selection.config import SelectionConfig
from vermeil.student.config import StudentConfig
from vermeil.studies.config import PlanConfig, StudyConfig
from vermeil.tasks.protocol import Task


@dataclass(frozen=True, kw_only=True, slots=True)
class StudySettings:
    """Task and configuration of a study.

    Args:
        task: the task that the students learn.
        study: regimens, seeds, budgets and data sizes.
        student: encoder and training settings.
        blending: budget and parameters of the schedules.
        selection: judging of silver, for the regimen auto.
        plan: prices of documents, for the cost frontier of a study over several data sizes.
    """

    task: Task
    study: StudyConfig = field(default_factory=StudyConfig)
    student: StudentConfig = field(default_factory=StudentConfig)
    blending: BlendingConfig = field(default_factory=BlendingConfig)
    selection: SelectionConfig = field(default_factory=SelectionConfig)
    plan: PlanConfig = field(default_factory=PlanConfig)
