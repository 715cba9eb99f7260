"""The decision log on disk: appended line by line, each line synced before it is confirmed."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from vermeil.corpora.review_log.events import ReviewLog, is_review_log, read_review_log
from vermeil.errors import DataError


class DecisionLog:
    """Appends decisions to a file. The file must be locked against other processes.

    Args:
        path: the file; created with its folder on the first decision.

    Raises:
        DataError: the file is no review log, or cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.removed_bytes = 0
        """Bytes of an incomplete last line, which a killed process left and never confirmed."""
        if path.exists() and path.stat().st_size:
            self._repair()
        if path.exists() and path.stat().st_size:
            if not is_review_log(path):
                raise DataError(
                    "is no decision log of vermeil review; move it away, or choose another folder",
                    path,
                )
            self.log = read_review_log(path)
        else:
            self.log = ReviewLog()

    def append(self, event: dict[str, Any]) -> None:
        """Write an event to disk and apply it to `log`; return when it survives a power failure.

        Raises:
            DataError: the event is not valid, or the file cannot be written. Then neither the file
                nor the state has it.
        """
        apply = self.log.prepare(event)
        self._write(json.dumps(event, separators=(",", ":"), allow_nan=False).encode() + b"\n")
        apply()

    def _write(self, line: bytes) -> None:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            is_new = not self._path.exists()
            with self._path.open("ab", buffering=0) as file:
                size = os.fstat(file.fileno()).st_size
                try:
                    file.write(line)
                    os.fsync(file.fileno())
                except OSError:
                    with suppress(OSError):  # the first error is the cause
                        file.truncate(size)
                    raise
            if is_new:
                _sync_folder(self._path.parent)
        except OSError as error:
            raise DataError(f"cannot be written ({error.strerror or error})", self._path) from error

    def _repair(self) -> None:
        """Remove an incomplete last line; complete a whole one that lacks its line end."""
        with self._path.open("rb+") as file:
            content = file.read()
            end = content.rfind(b"\n") + 1
            rest = content[end:]
            if not rest:
                return
            try:
                json.loads(rest)
            except ValueError:
                self.removed_bytes = len(rest)
                file.truncate(end)
            else:
                file.write(b"\n")
            file.flush()
            os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    """Make the entry of a new file in its folder durable, where the system can do so."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
