"""The state of an unfinished training, so that it can go on exactly where it was stopped.

A checkpoint is a folder: ``state.pt`` holds weights, optimiser, random numbers and what it was made
from; ``training.jsonl`` has a line per step, written as they happen. What the next batches are is
not kept: the plan is a pure function of data, configuration and seed.
"""

from __future__ import annotations

import json
import os
import pickle
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import torch

from vermeil.data.atomic import atomic_path
from vermeil.errors import TrainingError
from vermeil.student.loop.metrics import StepRecord

TrainingState = dict[str, Any]
"""What a training needs to go on: tensors and plain values, by name."""

OnCheckpoint = Callable[[Path], None]
"""Told the folder of a checkpoint when it holds another state."""

MAX_DIFFERENCES_SHOWN = 8
"""Differences that a refusal names."""


class Checkpoint:
    """Where a training keeps its state while it is not finished.

    Args:
        folder: of the checkpoint; need not exist.
        made_from: all that decides the training's result, by name; values that JSON can hold. A
            checkpoint that was made from anything else is refused.
        seconds: least time between two writings.
        written: told, in every process of the training, that the folder holds another state; in
            all but the first it does not.
    """

    def __init__(
        self,
        folder: Path,
        fingerprint_inputs: Mapping[str, Any],
        seconds: float,
        on_written: OnCheckpoint | None = None,
    ) -> None:
        self._folder, self._seconds, self._on_written = folder, seconds, on_written
        self._fingerprint_inputs: dict[str, Any] = json.loads(json.dumps(fingerprint_inputs))
        self._last_write = time.monotonic()

    def open(
        self, fingerprint_inputs: Mapping[str, Any], *, write: bool = True
    ) -> tuple[TrainingState | None, list[StepRecord]]:
        """Return the state to go on from and the steps until then; None, if there is none.

        Args:
            fingerprint_inputs: what `fit` knows of that decides the result: data, plan, configuration.
            write: whether this process is the one that writes.

        Raises:
            TrainingError: the checkpoint was made from something else, or is damaged.
        """
        self._fingerprint_inputs.update(json.loads(json.dumps(fingerprint_inputs)))
        if not self._state.exists():
            self._check_lines()
            self._start_step_file([], write=write)
            return None, []
        try:
            kept = torch.load(self._state, map_location="cpu", weights_only=True)
            made, state = kept["made_from"], kept["state"]
            lines = self._lines.read_text("utf-8").splitlines()[: state["step"]]
            records = [StepRecord(**json.loads(line)) for line in lines]
        except (
            OSError,
            ValueError,
            KeyError,
            TypeError,
            RuntimeError,
            pickle.PickleError,
        ) as error:
            raise TrainingError(
                f"{self._folder}: is no whole checkpoint ({error}); delete it to start anew"
            ) from error
        differences = list(_differences(made, self._fingerprint_inputs))
        if differences:
            more = len(differences) - MAX_DIFFERENCES_SHOWN
            raise TrainingError(
                f"{self._folder}: a training was stopped here that does not fit this one:\n"
                + "".join(f"  {line}\n" for line in differences[:MAX_DIFFERENCES_SHOWN])
                + (f"  and {more} more\n" if more > 0 else "")
                + "undo the change to go on, or delete the folder to start anew"
            )
        self._start_step_file(lines, write=write)
        return state, records

    def append_step(self, record: StepRecord) -> None:
        """Add a step to ``training.jsonl``."""
        with self._lines.open("a", encoding="utf-8") as file:
            file.write(record.as_line() + "\n")

    @property
    def is_due(self) -> bool:
        """Whether it is time to write the state again."""
        return time.monotonic() - self._last_write >= self._seconds

    def write(self, state: TrainingState) -> None:
        """Write the state; its ``step`` says how many steps are done.

        Raises:
            DataError: the folder cannot be written.
        """
        with self._lines.open("rb") as file:
            os.fsync(file.fileno())  # a state must never be ahead of its lines
        with atomic_path(self._state) as partial:
            torch.save({"made_from": self._fingerprint_inputs, "state": state}, partial)
        self._last_write = time.monotonic()

    def notify_written(self) -> None:
        """Let it be known, in every process, that the state was written."""
        if self._on_written is not None:
            self._on_written(self._folder)

    def remove(self) -> None:
        """Delete the checkpoint: the model is whole. Files of another origin stay."""
        with suppress(OSError):
            for path in (self._state, self._lines, *self._leftovers()):
                path.unlink(missing_ok=True)
            self._folder.rmdir()

    @property
    def _state(self) -> Path:
        return self._folder / "state.pt"

    @property
    def _lines(self) -> Path:
        return self._folder / "training.jsonl"

    def _leftovers(self) -> list[Path]:
        """Return unfinished files of processes that were killed."""
        return [
            path
            for name in (self._state.name, self._lines.name)
            for path in self._folder.glob(f".{name}.*.part")
        ]

    def _check_lines(self) -> None:
        """Check that steps which have no state beside them are those of a training."""
        if not os.path.lexists(self._lines):
            return
        try:
            with self._lines.open(encoding="utf-8") as file:
                first = next(file, None)
            if first is not None:
                StepRecord(**json.loads(first))
        except (OSError, ValueError, TypeError) as error:
            raise TrainingError(
                f"{self._lines}: was not written by a training, and this one has to keep its steps "
                "there; move the file away, or name another model folder"
            ) from error

    def _start_step_file(self, lines: list[str], *, write: bool) -> None:
        if not write:
            return
        for leftover in self._leftovers():
            leftover.unlink(missing_ok=True)
        with atomic_path(self._lines) as partial:
            partial.write_text("".join(line + "\n" for line in lines), "utf-8")


def flatten(values: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    """Return nested sections as one mapping with dotted names."""
    flat: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, Mapping):
            flat.update(flatten(value, f"{prefix}.{name}"))
        else:
            flat[f"{prefix}.{name}"] = value
    return flat


def _differences(before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    for name in dict.fromkeys([*before, *now]):
        if before.get(name) != now.get(name):
            yield f"{name}: {_format_value(before, name)} in the checkpoint, {_format_value(now, name)} now"


def _format_value(values: Mapping[str, Any], name: str) -> str:
    text = json.dumps(values[name], ensure_ascii=False) if name in values else "nothing"
    return text if len(text) <= 60 else text[:57] + "…"
