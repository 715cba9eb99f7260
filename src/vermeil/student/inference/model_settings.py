"""Settings of a model folder, in ``vermeil.json``, next to the files of transformers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from vermeil.data.atomic import write_json
from vermeil.errors import DataError
from vermeil.renamed import with_new_keys
from vermeil.section import Section
from vermeil.student.config import StudentConfig
from vermeil.tasks.config import TaskConfig

SETTINGS = "vermeil.json"
"""Name of the file."""

Precision = Literal["auto", "fp32", "bf16", "int8"]
"""Number format of the computation; auto: the fastest that folder and hardware offer."""


class OnnxSettings(Section):
    """Settings for ONNX Runtime that the graph does not contain."""

    files: dict[Literal["fp32", "int8"], str]
    """File name of each precision."""
    unknown: int
    """Id of the unknown wordpiece."""
    padding: int
    """Id of the padding wordpiece."""
    longest: int
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
    temperature: float = Field(default=1.0, gt=0)
    """Divisor of the logits, from calibration; 1: not calibrated."""
    transitions: list[list[float]] | None = None
    """Log score of every pair of successive classes, for a student with a CRF."""
    onnx: OnnxSettings | None = None
    """Settings of an exported model; None in a folder of transformers."""

    def as_dict(self) -> dict[str, Any]:
        """Return the settings for JSON, without those that have their default."""
        record = {
            "format": self.format,
            "task": self.task.model_dump(mode="json"),
            "student": self.student.model_dump(mode="json"),
        }
        if self.temperature != 1:
            record["temperature"] = self.temperature
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
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise DataError(
            f"is not a student (no valid {SETTINGS}); give a folder that vermeil train wrote",
            folder,
        ) from error


def write_settings(folder: Path, settings: ModelSettings) -> None:
    """Write the settings into a model folder, atomically."""
    write_json(folder / SETTINGS, settings.as_dict())
