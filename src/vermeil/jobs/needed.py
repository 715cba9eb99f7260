"""Which optional packages a job needs, going by its configuration; checked before it begins."""

from __future__ import annotations

from vermeil.optional import require
from vermeil.selection.config import SelectionConfig
from vermeil.student.config import StudentConfig
from vermeil.student.encoder import require_encoder
from vermeil.teacher.config import DemonstrationsConfig, TeacherConfig
from vermeil.teacher.sdk import require_sdk


def require_training(what: str, student: StudentConfig) -> None:
    """Raise `ConfigError` unless a student can be trained: encoder and tracker are installed."""
    tracker = student.tracker
    require_encoder(what, student.encoder, *(() if tracker == "none" else (tracker,)))


def require_judging(what: str, selection: SelectionConfig, student: StudentConfig) -> None:
    """Raise `ConfigError` unless silver can be judged; without folds no student is trained."""
    if selection.folds:
        require_encoder(what, student.encoder)


def require_prediction(what: str) -> None:
    """Raise `ConfigError` unless a model that `train` wrote can predict."""
    require(what, "train")


def require_demonstrations(config: DemonstrationsConfig) -> None:
    """Raise `ConfigError` unless demonstrations can be chosen; the nearest ones need an encoder."""
    if config.kind == "nearest":
        require_encoder('teacher.demonstrations.kind = "nearest"', config.encoder)


def require_teachers(teacher: TeacherConfig) -> None:
    """Raise `ConfigError` unless the SDKs of all teachers of a configuration are installed."""
    for one in teacher.each():
        require_sdk(one.backend)
