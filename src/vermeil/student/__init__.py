"""The student: encoding, network, training loop and prediction; only this package uses torch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vermeil.optional import require
from vermeil.student.config import StudentConfig
from vermeil.telemetry import switch_off

if TYPE_CHECKING:
    from vermeil.student.student import Student

__all__ = ["Student", "StudentConfig"]

switch_off("huggingface_hub")  # before any module of this package imports transformers


def __getattr__(name: str) -> Any:
    """Load `Student`, and with it torch, on first use."""
    if name == "Student":
        require("vermeil.Student", "train")
        from vermeil.student.student import Student

        return Student
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
