"""Settings of a model folder, in ``vermeil.json``, next to the files of transformers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, FiniteFloat, ValidationError, model_validator

from vermeil.data.atomic import write_json
from vermeil.data.model_files import replacing_file
from vermeil.errors import ConfigError, DataError
from vermeil.renamed import with_new_keys
from vermeil.section import Section
from vermeil.student.checks import check_head
from vermeil.student.config import StudentConfig
from vermeil.student.encoding.wordpieces import TOKENIZER
from vermeil.tasks import make_task
from vermeil.tasks.config import TaskConfig
from vermeil.tasks.protocol import Task

SETTINGS = "vermeil.json"
"""Name of the file."""

Precision = Literal["auto", "fp32", "bf16", "int8"]
"""Number format of the computation; auto: the fastest that folder and hardware offer."""


_REMEDY = "restore it, or train or export the model again"

LOWEST_TEMPERATURE, HIGHEST_TEMPERATURE = 0.05, 50.0
"""Accepted temperatures. Calibration fits values from 0.2 to 10."""


class OnnxSettings(Section):
    """Settings for ONNX Runtime that the graph does not contain."""

    files: dict[Literal["fp32", "int8"], str] = Field(min_length=1)
    """File name of each precision."""
    unknown: int = Field(ge=0)
    """Id of the unknown wordpiece."""
    padding: int = Field(ge=0)
    """Id of the padding wordpiece."""
    longest: int = Field(ge=4)
    """Length of the longest window in wordpieces, special tokens included."""
    letter_case: bool
    """True if the network takes letter-case classes as token types."""


class ModelSettings(Section):
    """The content of ``vermeil.json``."""

    format: Literal[1] = 1
    """Version of the file format."""
    task: TaskConfig
    """Task of the model."""
    student: StudentConfig
    """Settings of the student."""
    temperature: float = Field(default=1.0, ge=LOWEST_TEMPERATURE, le=HIGHEST_TEMPERATURE)
    """Divisor of the logits, from calibration; 1: not calibrated."""
    pair_temperature: float = Field(default=1.0, ge=LOWEST_TEMPERATURE, le=HIGHEST_TEMPERATURE)
    """Divisor of the logits of pairs of spans, from calibration; 1: not calibrated."""
    transitions: list[list[FiniteFloat]] | None = None
    """Log score of every pair of successive classes, for a student with a CRF."""
    onnx: OnnxSettings | None = None
    """Settings of an exported model; None in a folder of transformers."""

    @model_validator(mode="after")
    def _check(self) -> ModelSettings:
        if self.student.crf != (self.transitions is not None):
            raise ValueError("student.crf needs transitions, and transitions need student.crf")
        return self

    def make_task(self, folder: Path) -> Task:
        """Return the task; it must fit the student.

        Args:
            folder: the model folder, for the message.

        Raises:
            DataError: the settings contradict each other.
        """
        try:
            task = make_task(self.task)
            check_head(task, self.student)
        except ConfigError as error:
            raise DataError(f"is not valid ({error}); {_REMEDY}", folder / SETTINGS) from error
        size = len(task.classes)
        if self.transitions is not None and [len(row) for row in self.transitions] != [size] * size:
            raise DataError(
                f"is not valid (transitions must be {size} × {size} numbers, one per pair of "
                f"classes); {_REMEDY}",
                folder / SETTINGS,
            )
        return task

    def as_dict(self) -> dict[str, Any]:
        """Return the settings for JSON, without those that have their default."""
        record = {
            "format": self.format,
            "task": self.task.model_dump(mode="json"),
            "student": self.student.model_dump(mode="json"),
        }
        if self.temperature != 1:
            record["temperature"] = self.temperature
        if self.pair_temperature != 1:
            record["pair_temperature"] = self.pair_temperature
        if self.transitions is not None:
            record["transitions"] = self.transitions
        if self.onnx is not None:
            record["onnx"] = self.onnx.model_dump(mode="json")
        return record


def read_settings(folder: Path) -> ModelSettings:
    """Return the settings of a model folder.

    Raises:
        DataError: the folder does not exist or holds no student.
    """
    try:
        record = json.loads((folder / SETTINGS).read_bytes())
        record["task"] = with_new_keys("task", record["task"])
        return ModelSettings.model_validate(record)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        reason = f"{key}: {first['msg']}" if key else first["msg"]
    except OSError as error:
        reason = error.strerror or str(error)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, ConfigError):
        reason = "it is not the JSON of a student"
    raise DataError(
        f"is not a student (no valid {SETTINGS}: {reason}); give a folder that vermeil train or "
        "vermeil export wrote",
        folder,
    )


def check_complete(folder: Path) -> None:
    """Check that a folder of transformers has the files that transformers would replace silently.

    Raises:
        DataError: one of them is missing.
    """
    for name in ("config.json", TOKENIZER, "tokenizer_config.json"):
        if not (folder / name).is_file():
            raise DataError("is missing; restore it, or train the model again", folder / name)


def write_settings(folder: Path, settings: ModelSettings) -> None:
    """Write the settings into a model folder, atomically, and update its record."""
    with replacing_file(folder, SETTINGS):
        write_json(folder / SETTINGS, settings.as_dict())
