"""The whole of ``vermeil.toml``."""

from __future__ import annotations

from vermeil.blending.config import BlendingConfig
from vermeil.cluster.config import ClusterConfig
from vermeil.config.dump import dump_config
from vermeil.corpora.config import CorporaConfig
from vermeil.jobs.config import PilotConfig, RunConfig
from vermeil.section import Section
from vermeil.selection.config import SelectionConfig
from vermeil.student.config import StudentConfig
from vermeil.studies.config import PlanConfig, StudyConfig
from vermeil.tasks.config import TaskConfig
from vermeil.teacher.config import TeacherConfig
from vermeil.tuning.config import TuneConfig


class Config(Section):
    """The whole of ``vermeil.toml``."""

    run: RunConfig = RunConfig()
    """Where results go, and the seed."""
    task: TaskConfig
    """What is to be annotated."""
    corpora: CorporaConfig = CorporaConfig()
    """Which files hold what."""
    teacher: TeacherConfig = TeacherConfig()
    """Which model annotates, and how it is asked."""
    pilot: PilotConfig = PilotConfig()
    """Which ways to ask the teacher are compared."""
    student: StudentConfig = StudentConfig()
    """Which encoder is trained, and how."""
    blending: BlendingConfig = BlendingConfig()
    """How gold and silver are mixed, and how long."""
    selection: SelectionConfig = SelectionConfig()
    """Which silver is trusted, and what becomes of the rest."""
    study: StudyConfig = StudyConfig()
    """Which regimens are compared."""
    plan: PlanConfig = PlanConfig()
    """What documents cost, and what is to be bought."""
    cluster: ClusterConfig = ClusterConfig()
    """Whether jobs run on Ray, and what their workers get."""
    tune: TuneConfig = TuneConfig()
    """Which settings are searched."""

    def as_toml(self) -> str:
        """Return the configuration as TOML (see `dump_config`)."""
        return dump_config(self)
