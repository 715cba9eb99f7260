"""What one step of training was, and where that is told."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Literal, Protocol

from vermeil.errors import ConfigError
from vermeil.optional import require
from vermeil.telemetry import switch_off


@dataclass(frozen=True, slots=True)
class StepRecord:
    """What one optimiser step was.

    Args:
        step: from 1.
        loss: weighted mean loss of the batch.
        gold_share: gold share of the batch's wordpieces.
        learning_rate: of this step.
        wordpieces: of this batch, without padding.
        wordpieces_per_second: of this step.
        seconds: since training began, up to the end of this step, interruptions left out.
        dev_f1: F1 on the documents to choose by, where they were scored after this step.
    """

    step: int
    loss: float
    gold_share: float
    learning_rate: float
    wordpieces: int
    wordpieces_per_second: float = 0.0
    seconds: float = 0.0
    dev_f1: float | None = None

    def as_dict(self) -> dict[str, float | int]:
        """All that there is."""
        return {name: value for name, value in asdict(self).items() if value is not None}

    def as_line(self) -> str:
        """One line of JSON, for ``training.jsonl``."""
        return json.dumps(self.as_dict())


OnStep = Callable[[StepRecord], None]
"""Is told about every step."""


class Observer(Protocol):
    """Looks at the student while it is trained, and leaves it as it is."""

    def is_due(self, step: int) -> bool:
        """Return whether it wants to look after this step, counted from 1."""

    def observe(self, step: int) -> None:
        """Look; the network has all its word embeddings, and may be left in another mode."""


def require_tracker(tracker: Literal["none", "tensorboard", "mlflow"]) -> None:
    """Raise `ConfigError` unless the package of a tracker is installed."""
    if tracker != "none":
        require(f'student.tracker = "{tracker}"', tracker)


@contextmanager
def open_tracker(
    tracker: Literal["none", "tensorboard", "mlflow"], folder: Path
) -> Iterator[OnStep]:
    """Give something that takes the steps to a tracker.

    Args:
        tracker: none, tensorboard (event files in ``folder``) or mlflow (where
            ``MLFLOW_TRACKING_URI`` says).
        folder: for files.

    Raises:
        ConfigError: the tracker's package is not installed.
    """
    require_tracker(tracker)
    with TRACKERS[tracker](folder) as watch:
        yield watch


@contextmanager
def _no_tracker(_: Path) -> Iterator[OnStep]:
    yield lambda _: None


@contextmanager
def _tensorboard(folder: Path) -> Iterator[OnStep]:
    writer: Any = import_module("torch.utils.tensorboard").SummaryWriter(str(folder))

    def watch(record: StepRecord) -> None:
        for name, value in record.as_dict().items():
            writer.add_scalar(f"train/{name}", value, record.step)

    try:
        yield watch
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
            f"student.tracker: mlflow has no store ({error}); see its MLFLOW_TRACKING_URI"
        ) from error
    with run:
        yield lambda record: mlflow.log_metrics(record.as_dict(), step=record.step)


TRACKERS = {"none": _no_tracker, "tensorboard": _tensorboard, "mlflow": _mlflow}
"""Every tracker that a configuration can name."""
