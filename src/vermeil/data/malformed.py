"""Translation of errors that malformed files cause into a `DataError` with file and line."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vermeil.errors import DataError

MALFORMED: tuple[type[Exception], ...] = (
    ValueError,  # also undecodable bytes, JSON, and integers of more than 4,300 digits
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,  # also an integer that is too large for a number with a fraction
    RecursionError,
    NotImplementedError,
    MemoryError,
    EOFError,
    struct.error,
    zlib.error,
)
"""Errors that code raises about a file's content which it does not expect."""

_SHOWN = 160


@contextmanager
def translate_malformed(path: Path | str, line: int | None = None) -> Iterator[None]:
    """Turn errors about malformed content into a `DataError`, and add a missing location.

    The message names the type and text of the original error, which is also the cause.

    Args:
        path: the file.
        line: its line, or the number of the record.
    """
    try:
        yield
    except DataError as error:
        raise error.with_location(path, line) from error.__cause__
    except MALFORMED as error:
        raise DataError(describe_malformed(error), path, line) from error


_FIRST_LINE = 200
"""Maximum number of characters of the first line of an error."""


def describe_malformed(error: Exception) -> str:
    """Return the message about content that caused an error."""
    if isinstance(error, RecursionError):
        return "is nested too deeply"
    if isinstance(error, MemoryError):
        return "needs more memory than there is; check that the file is complete and correct"
    text = " ".join(str(error).split())
    shown = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
    reason = f"{type(error).__name__}: {shown}" if shown else type(error).__name__
    return f"is malformed ({reason}); check that the file is complete and in this format"


def first_line(error: Exception) -> str:
    """Return the first line of an error's message, shortened, or the name of its class."""
    return (str(error).strip() or type(error).__name__).splitlines()[0][:_FIRST_LINE]
