"""Which optional packages a job needs, going by its configuration; checked before it begins."""

from __future__ import annotations

from vermeil.student.network.encoder import require_encoder
from vermeil.teacher.backends.sdk import require_sdk
from vermeil.teacher.config import DemonstrationsConfig, TeacherConfig


def require_demonstrations(config: DemonstrationsConfig) -> None:
    """Raise `ConfigError` unless demonstrations can be chosen; the nearest ones need an encoder."""
    if config.kind == "nearest":
        require_encoder('teacher.demonstrations.kind = "nearest"', config.encoder)


def require_teachers(teacher: TeacherConfig) -> None:
    """Raise `ConfigError` unless the SDKs of all teachers of a configuration are installed."""
    for one in teacher.all_teachers():
        require_sdk(one.backend)
