"""What a model folder says about itself beyond transformers' own files: ``vermeil.json``."""

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
"""The file's name."""

Precision = Literal["auto", "fp32", "bf16", "int8"]
"""In what numbers a network computes; auto: the fastest that the folder and processor offer."""


class OnnxSettings(Section):
    """What ONNX Runtime needs to know that the graph does not say."""

    files: dict[Literal["fp32", "int8"], str]
    """Precision to file."""
    unknown: int
    """Id of the wordpiece for what the tokenizer does not know."""
    padding: int
    """Id of the padding wordpiece."""
    longest: int
    """Wordpieces of the longest window, special ones included."""
    letter_case: bool
    """Whether letter case goes in as token types."""


class ModelSettings(Section):
    """The content of ``vermeil.json``."""

    format: Literal[1] = 1
    """Version of this file's form."""
    task: TaskConfig
    """What the model does."""
    student: StudentConfig
    """How it was trained."""
    temperature: float = Field(default=1.0, gt=0)
    """Divides the logits before they become scores; 1: as trained."""
    transitions: list[list[float]] | None = None
    """Log scores from each class to each class, of a student with a CRF."""
    onnx: OnnxSettings | None = None
    """Set in a folder that holds the model for ONNX Runtime."""

    def as_dict(self) -> dict[str, Any]:
        """For JSON; what was not set is left out."""
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
        DataError: the folder is not there or not a student.
    """
    try:
        record = json.loads((folder / SETTINGS).read_bytes())
        record["task"] = with_new_keys("task", record["task"])
        return ModelSettings.model_validate(record)
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise DataError(
            f"is not a student (no valid {SETTINGS}); expected a folder that vermeil train wrote",
            folder,
        ) from error


def write_settings(folder: Path, settings: ModelSettings) -> None:
    """Write the settings into a model folder, whole or not at all."""
    write_json(folder / SETTINGS, settings.as_dict())
