"""Trackers of training metrics: TensorBoard and MLflow."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

from vermeil.errors import ConfigError
from vermeil.optional import require
from vermeil.student.loop.step_record import OnStep, StepRecord
from vermeil.telemetry import switch_off


def require_tracker(tracker: Literal["none", "tensorboard", "mlflow"]) -> None:
    """Raise `ConfigError` unless the package of a tracker is installed."""
    if tracker != "none":
        require(f'student.tracker = "{tracker}"', tracker)


@contextmanager
def open_tracker(
    tracker: Literal["none", "tensorboard", "mlflow"], folder: Path
) -> Iterator[OnStep]:
    """Open a tracker and yield the callback that sends every step to it.

    Args:
        tracker: none; tensorboard (event files in ``folder``); or mlflow (the store that
            ``MLFLOW_TRACKING_URI`` names).
        folder: folder of the event files.

    Raises:
        ConfigError: the tracker's package is not installed, or MLflow has no store.
    """
    require_tracker(tracker)
    with TRACKERS[tracker](folder) as on_step:
        yield on_step


@contextmanager
def _no_tracker(_: Path) -> Iterator[OnStep]:
    yield lambda _: None


@contextmanager
def _tensorboard(folder: Path) -> Iterator[OnStep]:
    writer: Any = import_module("torch.utils.tensorboard").SummaryWriter(str(folder))

    def on_step(record: StepRecord) -> None:
        for name, value in record.as_dict().items():
            writer.add_scalar(f"train/{name}", value, record.step)

    try:
        yield on_step
    finally:
        writer.close()


@contextmanager
def _mlflow(_: Path) -> Iterator[OnStep]:
    switch_off("mlflow")
    mlflow: Any = import_module("mlflow")
    try:
        run = mlflow.start_run()
    except mlflow.exceptions.MlflowException as error:
        raise ConfigError(
            f"student.tracker: mlflow cannot open its store ({error}); "
            "check the environment variable MLFLOW_TRACKING_URI"
        ) from error
    with run:
        yield lambda record: mlflow.log_metrics(record.as_dict(), step=record.step)


TRACKERS = {"none": _no_tracker, "tensorboard": _tensorboard, "mlflow": _mlflow}
"""Trackers that ``student.tracker`` can name."""
