"""Exceptions that Vermeil raises on purpose, each with its exit code.

    VermeilError                 1  base class, never raised itself
    ├── ConfigError              2  usage or configuration
    │   ├── ConsentError         2  text would leave the machine without consent
    │   └── EncoderNotFoundError 2  the encoder cannot be found or loaded
    ├── DataError                3  a file or record is invalid
    │   ├── LockedError          3  another process is writing a store or a folder
    │   └── NothingToRankError   3  no document is left to rank
    ├── TeacherError             4  the teacher cannot be used
    │   └── TeacherStoppedError  4  the first requests all failed in the same way
    ├── TrainingError            5  training cannot start or continue
    │   └── WeightsError         5  weights differ from the published ones
    ├── ExportError              6  a model cannot be exported without a change of its output
    └── HubError                 7  the Hugging Face Hub cannot be reached or refuses a request

A message contains the problem, its location and the next step. Expected problems of a single record
(an unparsable reply, a mention that is not in the text) are counted values, not exceptions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import ClassVar


class VermeilError(Exception):
    """Base class of all errors that Vermeil raises on purpose."""

    exit_code: ClassVar[int] = 1


class ConfigError(VermeilError):
    """Error of the command line or of ``vermeil.toml``.

    Args:
        problems: every problem, one line each, so that all are shown at once.
    """

    exit_code: ClassVar[int] = 2

    def __init__(self, *problems: str) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


class ConsentError(ConfigError):
    """Text would be sent to another machine without consent (``allow_remote``)."""


class EncoderNotFoundError(ConfigError):
    """The encoder in the configuration cannot be found or loaded.

    Args:
        problem: the whole message.
        reason: the reason alone, for a caller that writes its own message.
    """

    def __init__(self, problem: str, reason: str = "") -> None:
        super().__init__(problem)
        self.reason = reason or problem


class DataError(VermeilError):
    """A file or record is invalid.

    Args:
        message: the problem, and the expected content.
        path: the file, if there is one.
        line: line in ``path``, from 1.
    """

    exit_code: ClassVar[int] = 3

    def __init__(self, message: str, path: Path | str | None = None, line: int | None = None):
        self.message, self.path, self.line = message, path, line
        location = "" if path is None else f"{path}:{line}: " if line else f"{path}: "
        super().__init__(location + message)

    def with_location(self, path: Path | str, line: int | None = None) -> DataError:
        """Return the same error with file and line, unless it has them already."""
        return self if self.path is not None else DataError(self.message, path, line)


class LockedError(DataError):
    """Another process, or another thread, is writing a store or a folder."""


class NothingToRankError(DataError):
    """Every document is left out of a ranking: it is annotated already, or there is none."""


class TeacherError(VermeilError):
    """The teacher cannot be reached, or refuses requests."""

    exit_code: ClassVar[int] = 4


class TeacherStoppedError(TeacherError):
    """Sending stopped because the first requests all failed in the same way.

    Replies received before are stored.

    Args:
        message: the problem, the counts and the next step.
        failures: number of requests without a usable reply, by kind of failure.
        problems: number of them by problem in words.
    """

    def __init__(
        self,
        message: str,
        failures: Mapping[str, int] | None = None,
        problems: Mapping[str, int] | None = None,
    ) -> None:
        self.failures, self.problems = dict(failures or {}), dict(problems or {})
        super().__init__(message)


class TrainingError(VermeilError):
    """Training cannot start or continue."""

    exit_code: ClassVar[int] = 5


class WeightsError(TrainingError):
    """Model weights differ from the published ones."""


class ExportError(VermeilError):
    """A model cannot be exported, or its exported form has other outputs."""

    exit_code: ClassVar[int] = 6


class HubError(VermeilError):
    """The Hugging Face Hub cannot be reached, or refuses a request."""

    exit_code: ClassVar[int] = 7


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return a hint with the most similar known word; empty if none is similar.

    A word of the same letters in another order comes first: "modle" is "model", not "mode". Letter
    case does not count.
    """
    names = {name.casefold(): name for name in known}
    folded = word.casefold()
    close = get_close_matches(folded, names, n=5)
    found = sorted(close, key=lambda name: sorted(name) != sorted(folded))  # keeps their order
    return f"; did you mean {names[found[0]]}?" if found else ""
