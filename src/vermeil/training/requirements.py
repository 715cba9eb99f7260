"""Checks of the optional packages of training, judging and prediction."""

from __future__ import annotations

from vermeil.optional import require
from vermeil.selection.config import SelectionConfig
from vermeil.student.config import StudentConfig
from vermeil.student.network.encoder import require_encoder


def require_training(what: str, student: StudentConfig) -> None:
    """Raise `ConfigError` unless a student can be trained: encoder and tracker are installed.

    Args:
        what: the verb that needs the packages, for the message.
        student: names the encoder and the tracker.
    """
    tracker = student.tracker
    require_encoder(what, student.encoder, *(() if tracker == "none" else (tracker,)))


def require_judging(what: str, selection: SelectionConfig, student: StudentConfig) -> None:
    """Raise `ConfigError` unless silver can be judged; without folds no student is trained.

    Args:
        what: the verb that needs the packages, for the message.
        selection: the number of folds.
        student: names the encoder.
    """
    if selection.folds:
        require_encoder(what, student.encoder)


def require_prediction(what: str) -> None:
    """Raise `ConfigError` unless a model folder that `vermeil.train` wrote can predict.

    Args:
        what: the verb that needs the packages, for the message.
    """
    require(what, "train")
