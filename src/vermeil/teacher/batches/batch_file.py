"""Requests on their way into a batch: spooled to disk, so that memory does not hold them twice."""

from __future__ import annotations

import secrets
import tempfile
from pathlib import Path
from types import TracebackType
from typing import IO

from vermeil.data.reply import Request
from vermeil.teacher.backends.batch_base import BatchBackend
from vermeil.teacher.store.charges import Charge


class Pack:
    """What is to become one batch. A context manager.

    Args:
        backend: how requests are written, and how much a batch can hold.
        most: most requests, if that is less.
        folder: where they are spooled, to a file without a name.
    """

    def __init__(self, backend: BatchBackend, most: int, folder: Path) -> None:
        self.name = secrets.token_hex(8)
        self.requests: list[Request] = []
        self.keys: set[str] = set()
        self.most = Charge()
        self._backend, self._most = backend, min(most, backend.limits.requests)
        self._frame = backend.frame
        self._size = len(self._frame.head) + len(self._frame.tail)
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115
        self._file.write(self._frame.head)

    def __enter__(self) -> Pack:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def add(self, request: Request, key: str, most: Charge) -> bool:
        """Take a request, which costs ``most`` at most; False where it no longer fits."""
        number = len(self.requests)
        line = self._backend.encode(f"{self.name}-{number}", request)
        if number:
            line = self._frame.joint + line
        if number >= self._most or self._size + len(line) > self._backend.limits.size:
            return False
        self._file.write(line)
        self._size += len(line)
        self.requests.append(request)
        self.keys.add(key)
        self.most += most
        return True

    def content(self) -> IO[bytes]:
        """Return everything, from its beginning; nothing can be added afterwards."""
        self._file.write(self._frame.tail)
        self._file.seek(0)
        return self._file

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()
