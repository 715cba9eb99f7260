"""Every exception that Vermeil raises on purpose, and the exit code that each one means.

    VermeilError                 1  (base; a bare one would be a bug)
    ├── ConfigError              2  usage or configuration
    │   ├── ConsentError         2  text would leave the machine without consent
    │   └── EncoderNotFoundError 2  the encoder is neither a folder nor to be had from a hub
    ├── DataError                3  a file or record is not what it should be
    ├── TeacherError             4  the teacher cannot be used
    ├── TrainingError            5  training cannot go on
    │   └── WeightsError         5  weights are not the published ones
    └── ExportError              6  an exported model would not be the model

A message says what is wrong, where, and what to do next. Trouble that is expected for a single
record (an unparsable reply, a mention not in the text) is a counted value, not an exception.
"""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar


class VermeilError(Exception):
    """Base of all errors that Vermeil raises on purpose."""

    exit_code: ClassVar[int] = 1


class ConfigError(VermeilError):
    """The command line or ``vermeil.toml`` is wrong.

    ``problems`` holds every problem found, one line each, so that all are shown at once.
    """

    exit_code: ClassVar[int] = 2

    def __init__(self, *problems: str) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


class ConsentError(ConfigError):
    """Text would be sent to a machine that is not this one, and nobody has agreed to it."""


class EncoderNotFoundError(ConfigError):
    """The encoder named in the configuration is neither here nor to be had.

    Args:
        problem: the whole message.
        reason: what is wrong with the encoder, for a caller that loads it for another purpose.
    """

    def __init__(self, problem: str, reason: str = "") -> None:
        super().__init__(problem)
        self.reason = reason or problem


class DataError(VermeilError):
    """A file or record is not what it should be.

    Args:
        message: what is wrong and what was expected.
        path: the file, if there is one.
        line: 1-based line in ``path``.
    """

    exit_code: ClassVar[int] = 3

    def __init__(self, message: str, path: Path | str | None = None, line: int | None = None):
        self.message, self.path, self.line = message, path, line
        where = "" if path is None else f"{path}:{line}: " if line else f"{path}: "
        super().__init__(where + message)

    def with_location(self, path: Path | str, line: int | None = None) -> DataError:
        """Return the same error with its place, for a caller that knows it."""
        return self if self.path is not None else DataError(self.message, path, line)


class TeacherError(VermeilError):
    """The teacher cannot be reached or refuses to work for us."""

    exit_code: ClassVar[int] = 4


class TrainingError(VermeilError):
    """Training cannot start or go on."""

    exit_code: ClassVar[int] = 5


class WeightsError(TrainingError):
    """Model weights are not the ones that were published."""


class ExportError(VermeilError):
    """A model cannot be written in another form, or would be another model there."""

    exit_code: ClassVar[int] = 6
