"""Checkpoints: the state of an unfinished training, for an exact resume.

A checkpoint is a folder. ``state.pt`` holds weights, optimiser, random numbers and fingerprint
inputs, with a checksum. ``training.jsonl`` has a line per step, appended after every step. Batches
are not stored: the plan is a pure function of data, configuration and seed.
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

from vermeil.data.atomic import atomic_path
from vermeil.data.disk_space import full_disk_error
from vermeil.errors import DataError, TrainingError
from vermeil.student.loop.sealed_file import load_sealed, save_sealed
from vermeil.student.loop.step_record import StepRecord

TrainingState = dict[str, Any]
"""State from which a training resumes: tensors and plain values, by name."""

OnCheckpoint = Callable[[Path], None]
"""Callback, called with the folder of a checkpoint after a new state was written."""

_LINE_BYTES = 500
"""Approximate size of the record of a step."""

MAX_DIFFERENCES_SHOWN = 8
"""Most differences that an error message lists."""


class Checkpoint:
    """The folder that holds the state of an unfinished training.

    Args:
        folder: folder of the checkpoint; need not exist.
        fingerprint_inputs: everything that decides the result of the training, by name, as JSON
            values. A checkpoint with other values raises an error.
        seconds: minimum time between two writes.
        on_written: called in every process after rank 0 has written a new state. Only rank 0 has
            the folder, unless the processes share a file system.
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
        """Return the stored state and its step records; None and no records if there is no state.

        Args:
            fingerprint_inputs: further inputs, known to `fit`: data, plan and configuration.
            write: whether this process writes the checkpoint.

        Raises:
            TrainingError: the checkpoint has other fingerprint inputs, or is damaged.
        """
        self._fingerprint_inputs.update(json.loads(json.dumps(fingerprint_inputs)))
        if not self._state_file.exists():
            self._check_step_file()
            self._start_step_file([], write=write)
            return None, []
        stored_inputs, state, lines, records = self._read()
        differences = list(_differences(stored_inputs, self._fingerprint_inputs))
        if differences:
            more = len(differences) - MAX_DIFFERENCES_SHOWN
            raise TrainingError(
                f"{self._folder}: the checkpoint belongs to another training:\n"
                + "".join(f"  {line}\n" for line in differences[:MAX_DIFFERENCES_SHOWN])
                + (f"  and {more} more\n" if more > 0 else "")
                + "undo the change to resume, or delete the folder to start again"
            )
        self._start_step_file(lines, write=write)
        return state, records

    def _read(self) -> tuple[dict[str, Any], TrainingState, list[str], list[StepRecord]]:
        """Return fingerprint inputs, state, and the lines and records of the steps before it."""
        try:
            stored = load_sealed(self._state_file)
            stored_inputs, state = stored["made_from"], stored["state"]
            lines = self._step_file.read_text("utf-8").splitlines()[: state["step"]]
            records = [StepRecord(**json.loads(line)) for line in lines]
            _check_steps(state["step"], records)
        except (
            OSError,
            EOFError,
            ValueError,
            KeyError,
            TypeError,
            RuntimeError,
            pickle.PickleError,
        ) as error:
            raise TrainingError(
                f"{self._folder}: the checkpoint is damaged ({error}); "
                "delete the folder to start again"
            ) from error
        return stored_inputs, state, lines, records

    def append_step(self, record: StepRecord) -> None:
        """Add a step to ``training.jsonl``.

        Raises:
            DataError: the file cannot be written.
        """
        try:
            with self._step_file.open("a", encoding="utf-8") as file:
                file.write(record.as_line() + "\n")
        except OSError as error:
            raise self._step_error(error) from error

    @property
    def is_due(self) -> bool:
        """Return whether the next write is due."""
        return time.monotonic() - self._last_write >= self._seconds

    def write(self, state: TrainingState) -> None:
        """Write the state; its ``step`` is the number of finished steps.

        Raises:
            DataError: the folder cannot be written.
        """
        try:
            with self._step_file.open("rb") as file:
                os.fsync(file.fileno())  # the state must never be ahead of its step records
        except OSError as error:
            raise self._step_error(error) from error
        save_sealed(self._state_file, {"made_from": self._fingerprint_inputs, "state": state})
        self._last_write = time.monotonic()

    def notify_written(self) -> None:
        """Call `on_written`; every process calls this after a write."""
        if self._on_written is not None:
            self._on_written(self._folder)

    def remove(self) -> None:
        """Delete the files of the checkpoint, and the folder if it is empty then."""
        with suppress(OSError):
            for path in (self._state_file, self._step_file, *self._leftovers()):
                path.unlink(missing_ok=True)
            self._folder.rmdir()

    def _step_error(self, error: OSError) -> DataError:
        full = full_disk_error(self._step_file, _LINE_BYTES, error)
        return full or DataError(f"cannot be written ({error.strerror or error})", self._step_file)

    @property
    def _state_file(self) -> Path:
        return self._folder / "state.pt"

    @property
    def _step_file(self) -> Path:
        return self._folder / "training.jsonl"

    def _leftovers(self) -> list[Path]:
        """Return the partial files of killed processes."""
        return [
            path
            for name in (self._state_file.name, self._step_file.name)
            for path in self._folder.glob(f".{name}.*.part")
        ]

    def _check_step_file(self) -> None:
        """Raise `TrainingError` if a step file without a state was not written by a training."""
        if not os.path.lexists(self._step_file):
            return
        try:
            with self._step_file.open(encoding="utf-8") as file:
                first = next(file, None)
            if first is not None:
                StepRecord(**json.loads(first))
        except (OSError, ValueError, TypeError) as error:
            raise TrainingError(
                f"{self._step_file}: this file was not written by a training, and training would "
                "replace it; move the file away, or name another model folder"
            ) from error

    def _start_step_file(self, lines: list[str], *, write: bool) -> None:
        if not write:
            return
        for leftover in self._leftovers():
            leftover.unlink(missing_ok=True)
        with atomic_path(self._step_file) as partial:
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


def _check_steps(step: int, records: list[StepRecord]) -> None:
    """Raise `ValueError` unless the records are those of the steps 1 to ``step``."""
    if [record.step for record in records] != list(range(1, step + 1)):
        raise ValueError(
            f"the state is that of step {step}, but training.jsonl does not hold the steps "
            f"1 to {step} in order"
        )


def _differences(before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    for name in dict.fromkeys([*before, *now]):
        if before.get(name) != now.get(name):
            stored, current = _format_value(before, name), _format_value(now, name)
            yield f"{name}: {stored} in the checkpoint, {current} now"


def _format_value(values: Mapping[str, Any], name: str) -> str:
    text = json.dumps(values[name], ensure_ascii=False) if name in values else "nothing"
    return text if len(text) <= 60 else text[:57] + "…"
