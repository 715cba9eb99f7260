"""What a job over the whole of ``vermeil.toml`` needs of it."""

from __future__ import annotations

from typing import Protocol

from vermeil.blending.config import BlendingConfig
from vermeil.corpora.config import CorporaConfig
from vermeil.jobs.config import RunConfig
from vermeil.selection.config import SelectionConfig
from vermeil.student.config import StudentConfig
from vermeil.tasks.config import TaskConfig
from vermeil.teacher.config import TeacherConfig


class Sections(Protocol):
    """The sections by name; `vermeil.config.Config` is one."""

    @property
    def run(self) -> RunConfig:
        """Where results go, and the seed."""

    @property
    def task(self) -> TaskConfig:
        """What is to be annotated."""

    @property
    def corpora(self) -> CorporaConfig:
        """Which files hold what."""

    @property
    def teacher(self) -> TeacherConfig:
        """Which model annotates."""

    @property
    def student(self) -> StudentConfig:
        """Which encoder is trained."""

    @property
    def blending(self) -> BlendingConfig:
        """How gold and silver are mixed."""

    @property
    def selection(self) -> SelectionConfig:
        """Which silver is trusted."""

    def as_toml(self) -> str:
        """Return the resolved configuration, to be saved with every run."""
