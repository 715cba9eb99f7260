"""Index of the ids of a corpus, in bounded memory."""

from __future__ import annotations

import sqlite3
from hashlib import blake2b
from types import TracebackType

from vermeil.data.document import Document
from vermeil.errors import DataError

_IN_MEMORY = 100_000
"""Number of ids in memory; further ids go to a temporary file."""
_CACHE = 16 * 1024
"""Kibibytes of that file that stay in memory."""


class IdIndex:
    """Ids of a corpus, with their lines; a context manager.

    Of ids that do not fit into memory, 64 bits of the BLAKE2b digest and the line go to a temporary
    file without a name (about 23 bytes each), which is deleted at the end. Among ten million ids,
    the probability that two different ones collide is 1 in 370,000.

    Args:
        in_memory: number of ids that stay in memory.
    """

    def __init__(self, in_memory: int = _IN_MEMORY) -> None:
        self._lines: dict[str, int | None] = {}
        self._in_memory = in_memory
        self._overflow: sqlite3.Connection | None = None

    def __bool__(self) -> bool:
        return bool(self._lines) or self._overflow is not None

    def __enter__(self) -> IdIndex:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._overflow is not None:
            self._overflow.close()

    def add(self, document: Document, line: int | None) -> None:
        """Add a document's id.

        Args:
            document: the document.
            line: its line in the file; None if it has none.

        Raises:
            DataError: the id was added before, or the temporary file cannot be written.
        """
        name = document.id
        if name in self._lines:
            raise _duplicate_error(name, self._lines[name])
        if len(self._lines) < self._in_memory:
            self._lines[name] = line
            return
        try:
            self._add_to_file(name, line)
        except sqlite3.OperationalError as error:
            raise DataError(
                f"the temporary file of its ids cannot be written ({error}); set the environment "
                "variable SQLITE_TMPDIR to another folder"
            ) from error

    def _add_to_file(self, name: str, line: int | None) -> None:
        if self._overflow is None:
            self._overflow = _temporary_database()
        head = int.from_bytes(
            blake2b(name.encode(errors="surrogatepass"), digest_size=8).digest(), signed=True
        )
        try:
            self._overflow.execute("INSERT INTO ids VALUES (?, ?)", (head, line))
        except sqlite3.IntegrityError:
            found = self._overflow.execute(
                "SELECT line FROM ids WHERE head = ?", (head,)
            ).fetchone()
            raise _duplicate_error(name, found[0]) from None


def _temporary_database() -> sqlite3.Connection:
    db = sqlite3.connect("", isolation_level=None, check_same_thread=False)
    for setting in ("journal_mode = OFF", "synchronous = OFF", f"cache_size = -{_CACHE}"):
        db.execute(f"PRAGMA {setting}")
    db.execute("CREATE TABLE ids (head INTEGER PRIMARY KEY, line INTEGER)")
    db.execute("BEGIN")
    return db


def _duplicate_error(name: str, line: int | None) -> DataError:
    where = "" if line is None else f" (first in line {line})"
    return DataError(f"the id {name!r} is repeated{where}; ids must be unique")
