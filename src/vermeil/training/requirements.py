"""Check the optional packages of training, judging and prediction."""

from __future__ import annotations

from vermeil.optional import require
from vermeil.selection.config import SelectionConfig
from vermeil.student.config import StudentConfig
from vermeil.student.network.encoder import require_encoder


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
