"""A file of JSON lines that is written piece by piece and survives an interruption."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from vermeil.data.atomic import atomic_file, write_json
from vermeil.data.sha256 import sha256_of
from vermeil.data.written import read_object
from vermeil.errors import DataError


class PartialFile:
    """JSON lines for ``path``; they are in a hidden file beside it until `finish` is called.

    A context manager. On exit the hidden file is kept, so that a later process can resume it.

    Args:
        path: the complete file.
        fingerprint: digest of the settings of the lines; part of the name of the hidden file.

    Raises:
        DataError: the hidden file cannot be opened, or another process is writing it.
    """

    def __init__(self, path: Path, fingerprint: str) -> None:
        self._target = path
        self.path = path.parent / f".{path.name}.{fingerprint}.partial"
        self.lines = 0
        self._file: IO[bytes] | None = None

    def __enter__(self) -> Self:
        import fcntl

        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self.path.open("a+b")
        except OSError as error:
            raise DataError(f"cannot be written ({error.strerror})", self.path) from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._file.close()
            raise DataError("another process is writing this file", self.path) from error
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open_file.close()

    def read_records(self) -> Iterator[dict[str, Any]]:
        """Yield the records written so far; remove an incomplete record and all that follow it."""
        file = self._open_file
        file.seek(0)
        end = 0
        for line in file:
            record = _record(line)
            if record is None:
                break
            self.lines += 1
            end += len(line)
            yield record
        file.truncate(end)

    def write(self, line: str) -> None:
        """Append a line.

        Args:
            line: the line without a line break.
        """
        self._open_file.write(line.encode() + b"\n")
        self.lines += 1

    def finish(self) -> None:
        """Rename the hidden file to ``path``; compress it if the name ends in ``.gz``."""
        file = self._open_file
        file.flush()
        if self._target.suffix != ".gz":
            self.path.replace(self._target)
            return
        file.seek(0)
        with atomic_file(self._target) as whole:
            for line in file:
                whole.write(line.decode())
        self.path.unlink()

    @property
    def _open_file(self) -> IO[bytes]:
        if self._file is None:
            raise ValueError("a PartialFile is used in a with statement")
        return self._file


class FinishedFile:
    """A finished file of `PartialFile`, with a hidden record of its checksum beside it.

    Args:
        path: the finished file.
        fingerprint: digest of the settings of its lines.
    """

    def __init__(self, path: Path, fingerprint: str) -> None:
        self._path, self._fingerprint = path, fingerprint
        self._record_file = path.parent / f".{path.name}.finished.json"

    def record(self) -> None:
        """Write the record."""
        write_json(self._record_file, self._value(), compact=True)

    def is_unchanged(self) -> bool:
        """Return whether the file was finished with these settings and not changed since."""
        recorded = read_object(self._record_file)
        return recorded is not None and self._path.is_file() and recorded == self._value()

    def _value(self) -> dict[str, Any]:
        return {"fingerprint": self._fingerprint, "sha256": sha256_of(self._path)}


def _record(line: bytes) -> dict[str, Any] | None:
    if not line.endswith(b"\n"):
        return None
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) and {"id", "text"} <= record.keys() else None
