"""Replies on disk: append-only SQLite, durable before anything parses them."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from vermeil.data.reply import Reply, Request, Usage
from vermeil.errors import DataError

_APPLICATION_ID = 0x5645524D  # "VERM"
_VERSION = 1
_SCHEMA = """
CREATE TABLE documents (
  document_id TEXT NOT NULL,
  text_sha256 TEXT NOT NULL,
  text TEXT NOT NULL,
  UNIQUE (document_id, text_sha256)
);
CREATE TABLE attempts (
  key TEXT NOT NULL,
  attempt INTEGER NOT NULL,
  document_id TEXT NOT NULL,
  prompt TEXT NOT NULL,
  model TEXT NOT NULL,
  parameters TEXT NOT NULL,
  sample INTEGER NOT NULL,
  reply TEXT,
  finish_reason TEXT,
  prompt_tokens INTEGER NOT NULL,
  completion_tokens INTEGER NOT NULL,
  latency REAL NOT NULL,
  error TEXT,
  created REAL NOT NULL,
  UNIQUE (key, attempt),
  CHECK ((reply IS NULL) <> (error IS NULL))
);
CREATE INDEX attempts_by_document ON attempts (document_id);
"""
_INSERT = """
INSERT INTO attempts SELECT :key,
  (SELECT COALESCE(MAX(attempt), 0) + 1 FROM attempts WHERE key = :key),
  :document_id, :prompt, :model, :parameters, :sample, :reply, :finish_reason,
  :prompt_tokens, :completion_tokens, :latency, :error, :created
"""
_REPLY = """
SELECT reply, finish_reason, prompt_tokens, completion_tokens, latency, attempt
FROM attempts WHERE key = ? AND reply IS NOT NULL ORDER BY attempt LIMIT 1
"""
_ATTEMPTS = """
SELECT model, prompt, sample, attempt, reply, finish_reason, prompt_tokens, completion_tokens,
  latency, error
FROM attempts WHERE document_id = ? OR key = ? ORDER BY created, sample, attempt
"""
_ERROR = "SELECT error FROM attempts WHERE key = ? ORDER BY attempt DESC LIMIT 1"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One stored attempt: either a reply or an error.

    Args:
        model: who was asked.
        prompt: name of the prompt.
        sample: number of the sample, from 0.
        number: number of the attempt at this request, from 1.
        reply: the answer, verbatim.
        error: why there is none.
    """

    model: str
    prompt: str
    sample: int
    number: int
    reply: Reply | None
    error: str | None


class ReplyStore:
    """Every attempt to get a reply, with the reply verbatim or the error. Nothing is overwritten.

    Use it as a context manager. It belongs on a local disk: SQLite's write-ahead log does not work
    on network file systems.

    Args:
        path: the file; it is made when it is not there.

    Raises:
        DataError: the file is no reply store, is damaged, or cannot be written.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self._pending: list[tuple[Request, dict[str, Any]]] = []
        with self._guard():
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(
                self.path, timeout=30.0, isolation_level=None, check_same_thread=False
            )
        try:
            with self._guard():
                self._prepare()
        except BaseException:
            self._db.close()
            raise

    def __enter__(self) -> ReplyStore:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Write what is pending and close the file."""
        try:
            self.flush()
        finally:
            self._db.close()

    def get(self, key: str) -> Reply | None:
        """Return the first reply stored under a request's key; None when there is none."""
        with self._guard():
            row = self._db.execute(_REPLY, (key,)).fetchone()
        if row is None:
            return None
        text, finish, asked, answered, latency, attempt = row
        return Reply(text, finish, Usage(asked, answered), latency, attempt)

    def error(self, key: str) -> str | None:
        """Return why the last attempt brought no reply; None when it did or there was none."""
        with self._guard():
            row = self._db.execute(_ERROR, (key,)).fetchone()
        return row[0] if row else None

    def attempts(self, document_id: str, key: str) -> list[Attempt]:
        """Return every attempt about a document, or under a request's key, in order of time."""
        with self._guard():
            rows = self._db.execute(_ATTEMPTS, (document_id, key)).fetchall()
        return [_attempt(row) for row in rows]

    def missing(self, requests: Iterable[Request]) -> Iterator[Request]:
        """Yield the requests that have no reply yet (failed ones among them)."""
        for request in requests:
            if self.get(request.key) is None:
                yield request

    def add(self, request: Request, reply: Reply | None = None, error: str | None = None) -> None:
        """Take note of one attempt, with its reply or its error; durable after `flush`."""
        if (reply is None) == (error is None):
            raise ValueError("an attempt has either a reply or an error")
        self._pending.append((request, _row(request, reply, error)))

    def put(self, request: Request, reply: Reply | None = None, error: str | None = None) -> None:
        """Store one attempt durably."""
        self.add(request, reply, error)
        self.flush()

    def flush(self) -> None:
        """Make everything that was added durable, in one transaction."""
        if not self._pending:
            return
        with self._guard(), self._transaction():
            self._db.executemany(
                "INSERT OR IGNORE INTO documents VALUES (?, ?, ?)",
                [_document(request) for request, _ in self._pending],
            )
            self._db.executemany(_INSERT, [row for _, row in self._pending])
        self._pending.clear()

    def _prepare(self) -> None:
        db = self._db
        # In this order: another process may be making the store at this moment.
        empty = db.execute("SELECT COUNT(*) FROM sqlite_schema").fetchone()[0] == 0
        ours = db.execute("PRAGMA application_id").fetchone()[0] == _APPLICATION_ID
        if not ours and not empty:
            raise DataError("is an SQLite database, but not a reply store", self.path)
        version = db.execute("PRAGMA user_version").fetchone()[0]
        if version > _VERSION:
            raise DataError(
                f"was written by a newer Vermeil (version {version}, known {_VERSION})", self.path
            )
        if db.execute("PRAGMA journal_mode = WAL").fetchone()[0] != "wal":
            raise DataError("cannot use a write-ahead log here; use a local disk", self.path)
        db.execute("PRAGMA synchronous = FULL")
        if version == 0:
            with self._transaction():
                self._create()

    def _create(self) -> None:
        # Another process may have been faster.
        if self._db.execute("PRAGMA user_version").fetchone()[0] == _VERSION:
            return
        for statement in _SCHEMA.split(";"):
            self._db.execute(statement)
        self._db.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
        self._db.execute(f"PRAGMA user_version = {_VERSION}")

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise

    @contextmanager
    def _guard(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise DataError(f"cannot be used as reply store ({error})", self.path) from error


def _document(request: Request) -> tuple[str, str, str]:
    digest = hashlib.sha256(request.text.encode()).hexdigest()
    return (request.document_id, digest, request.text)


def _row(request: Request, reply: Reply | None, error: str | None) -> dict[str, Any]:
    usage = reply.usage if reply else Usage()
    return {
        "key": request.key,
        "document_id": request.document_id,
        "prompt": request.prompt,
        "model": request.model,
        "parameters": json.dumps(dict(request.parameters), sort_keys=True),
        "sample": request.sample,
        "reply": reply.text if reply else None,
        "finish_reason": reply.finish_reason if reply else None,
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "latency": reply.latency if reply else 0.0,
        "error": error,
        "created": time.time(),
    }


def _attempt(row: tuple[Any, ...]) -> Attempt:
    *asking, text, finish, asked, answered, latency, error = row
    model, prompt, sample, number = asking
    reply = None if text is None else Reply(text, finish, Usage(asked, answered), latency, number)
    return Attempt(model, prompt, sample, number, reply, error)
