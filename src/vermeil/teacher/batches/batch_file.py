"""Batch file: requests of one batch, encoded and spooled to disk before they are submitted."""

from __future__ import annotations

import secrets
import tempfile
from pathlib import Path
from types import TracebackType
from typing import IO

from vermeil.data.reply import Request
from vermeil.teacher.backends.batch_base import BatchBackend
from vermeil.teacher.store.charges import Charge


class BatchFile:
    """File with the encoded requests of one batch. A context manager.

    The file is on disk, so that memory does not hold the requests twice.

    Args:
        backend: encodes requests and limits the size of a batch.
        max_requests: maximum number of requests, if lower than the backend's limit.
        folder: folder of the file, which has no name and is deleted when closed.
    """

    def __init__(self, backend: BatchBackend, max_requests: int, folder: Path) -> None:
        self.name = secrets.token_hex(8)
        self.requests: list[Request] = []
        self.keys: set[str] = set()
        self.max_charge = Charge()
        self._backend, self._max_requests = backend, min(max_requests, backend.limits.max_requests)
        self._frame = backend.frame
        self._size = len(self._frame.prefix) + len(self._frame.suffix)
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115
        self._file.write(self._frame.prefix)

    def __enter__(self) -> BatchFile:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def add(self, request: Request, key: str, max_charge: Charge) -> bool:
        """Add a request and return True; False if the batch has no room for it.

        Args:
            request: the request.
            key: its key.
            max_charge: its maximum charge.
        """
        number = len(self.requests)
        line = self._backend.encode(f"{self.name}-{number}", request)
        if number:
            line = self._frame.separator + line
        if number >= self._max_requests or self._size + len(line) > self._backend.limits.max_bytes:
            return False
        self._file.write(line)
        self._size += len(line)
        self.requests.append(request)
        self.keys.add(key)
        self.max_charge += max_charge
        return True

    def content(self) -> IO[bytes]:
        """Return the complete file, positioned at its start; nothing can be added afterwards."""
        self._file.write(self._frame.suffix)
        self._file.seek(0)
        return self._file

    def close(self) -> None:
        """Delete the file."""
        self._file.close()
