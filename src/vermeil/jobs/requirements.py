"""Checks of the optional packages that a job needs, made before it starts."""

from __future__ import annotations

from vermeil.student.network.encoder import require_encoder
from vermeil.teacher.backends.registry import require_backend
from vermeil.teacher.config import DemonstrationsConfig, TeacherConfig


def require_demonstrations(config: DemonstrationsConfig) -> None:
    """Raise `ConfigError` if demonstrations need an encoder and it is not installed."""
    if config.kind == "nearest":
        require_encoder('teacher.demonstrations.kind = "nearest"', config.encoder)


def require_teachers(teacher: TeacherConfig) -> None:
    """Raise `ConfigError` unless the packages of all teachers are installed."""
    for one in teacher.all_teachers():
        require_backend(one)
