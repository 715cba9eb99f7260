"""Replies on disk: append-only SQLite, durable before anything parses them."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from vermeil.data.reply import Reply, Request, Usage
from vermeil.errors import DataError
from vermeil.teacher.store import charges as spending
from vermeil.teacher.store.charges import Charge, Reservation, SpendingTotals
from vermeil.teacher.store.logprobs import decode_logprobs, encode_logprobs
from vermeil.teacher.store.reply_index import ReplyIndex
from vermeil.teacher.store.schema import head_of, prepare, set_cache, transaction
from vermeil.teacher.tokens import count_characters

INSERT = """
INSERT INTO attempts SELECT :key,
  (SELECT COALESCE(MAX(attempt), 0) + 1 FROM attempts WHERE head = :head AND key = :key),
  :document_id, :prompt, :model, :parameters, :sample, :reply, :finish_reason,
  :prompt_tokens, :completion_tokens, :latency, :error, :created,
  :cached_tokens, :tokens, :cost, :head, :logprobs
"""
_REPLY = """
SELECT reply, finish_reason, prompt_tokens, completion_tokens, cached_tokens, latency, attempt,
  logprobs
FROM attempts WHERE head = ? AND key = ? AND reply IS NOT NULL ORDER BY attempt LIMIT 1
"""
_ATTEMPTS = """
SELECT model, prompt, sample, attempt, reply, finish_reason, prompt_tokens, completion_tokens,
  cached_tokens, latency, logprobs, error
FROM attempts WHERE document_id = ? OR (head = ? AND key = ?) ORDER BY created, sample, attempt
"""
_ERROR = """
SELECT error, rowid FROM attempts WHERE head = ? AND key = ? ORDER BY attempt DESC LIMIT 1
"""


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
        self._pending: list[_PendingAttempt] = []
        self._requested: list[Reservation] = []
        self._released: list[Reservation] = []
        self._adjusted: list[tuple[Reservation, Charge]] = []
        self._write_lock = threading.RLock()
        with self._guard():
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._db = self._connect()
        try:
            with self._guard():
                prepare(self._db, self.path)
                # One of its own: it sees only what is durable, and does not wait for the writer.
                self._reader = self._connect()
                set_cache(self._reader, "read")
        except BaseException:
            self._db.close()
            raise

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(
            self.path, timeout=30.0, isolation_level=None, check_same_thread=False
        )

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
            self._reader.close()
            self._db.close()

    def get(self, key: str) -> Reply | None:
        """Return the first reply stored under a request's key; None when there is none."""
        with self._guard():
            row = self._reader.execute(_REPLY, (head_of(key), key)).fetchone()
        if row is None:
            return None
        text, finish, asked, answered, cached, latency, attempt, blob = row
        usage = Usage(asked, answered, cached)
        return Reply(text, finish, usage, latency, attempt, decode_logprobs(blob))

    def error(self, key: str, since: int = 0) -> str | None:
        """Return why the last attempt brought no reply; None when it did or there was none.

        Args:
            key: the request's key.
            since: only an attempt stored after `mark` gave this number counts.
        """
        with self._guard():
            row = self._reader.execute(_ERROR, (head_of(key), key)).fetchone()
        return row[0] if row and row[1] > since else None

    def last_attempt_id(self) -> int:
        """Return a number that tells attempts stored from now on from earlier ones."""
        with self._guard():
            row = self._reader.execute("SELECT COALESCE(MAX(rowid), 0) FROM attempts").fetchone()
        return int(row[0])

    def spent(self, model: str | None = None) -> SpendingTotals:
        """Return what all attempts cost, on one model or on all."""
        with self._guard():
            return spending.spent(self._reader, model)

    def reply_index(self) -> ReplyIndex:
        """Return which keys have a reply now, for looking up very many of them."""
        with self._guard():
            return ReplyIndex.load(self._reader)

    def attempts(self, document_id: str, key: str) -> list[Attempt]:
        """Return every attempt about a document, or under a request's key, in order of time."""
        with self._guard():
            rows = self._reader.execute(_ATTEMPTS, (document_id, head_of(key), key)).fetchall()
        return [_attempt(row) for row in rows]

    def missing(self, requests: Iterable[Request]) -> Iterator[Request]:
        """Yield the requests that have no reply yet (failed ones among them)."""
        for request in requests:
            if self.get(request.key) is None:
                yield request

    def add(
        self,
        request: Request,
        reply: Reply | None = None,
        error: str | None = None,
        *,
        charge: Charge | None = None,
        reserved: Reservation | None = None,
    ) -> None:
        """Take note of one attempt, with its reply or its error; durable after `flush`.

        Args:
            request: what was asked.
            reply: the answer.
            error: why there is none.
            charge: what it is charged with; None: the tokens of the reply, and no money.
            reserved: what was put aside for it and is free again.
        """
        if (reply is None) == (error is None):
            raise ValueError("an attempt has either a reply or an error")
        if charge is None:
            charge = Charge(reply.usage.total) if reply else Charge()
        self._pending.append(_PendingAttempt(request, reply, error, charge, reserved, time.time()))

    def reserve(self, reservation: Reservation) -> None:
        """Ask to put an amount aside; decided, and then durable, after `flush`."""
        self._requested.append(reservation)

    def release(self, reservation: Reservation) -> None:
        """Take back what was put aside for an attempt that was never sent."""
        self._released.append(reservation)

    def adjust_reservation(self, reservation: Reservation, charge: Charge) -> None:
        """Let what was put aside be what an attempt did cost, until another store brings it.

        That is how money is kept together while replies lie apart: see `merge_store`.
        """
        self._adjusted.append((reservation, charge))

    def put(self, request: Request, reply: Reply | None = None, error: str | None = None) -> None:
        """Store one attempt durably."""
        self.add(request, reply, error)
        self.flush()

    def flush(self) -> None:
        """Make everything that was added durable, in one transaction. Any thread may call it."""
        with self._write_lock:
            # What others add meanwhile waits for the next time.
            pending, released = self._pending[:], self._released[:]
            asked, amended = self._requested[:], self._adjusted[:]
            if not (pending or asked or released or amended):
                return
            wanted = [r for r in asked if not any(r is other for other in released)]
            with self.transaction() as db:
                self._write(db, pending)
                freed = [a.reserved for a in pending if a.reserved is not None]
                spending.delete_reservations(db, freed + released)
                spending.adjust_reservations(db, amended)
                granted = spending.grant_reservations(db, wanted)
            for reservation, number in zip(wanted, granted, strict=True):
                reservation.number, reservation.decided = number, True
            del self._pending[: len(pending)], self._requested[: len(asked)]
            del self._released[: len(released)], self._adjusted[: len(amended)]

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Give the writing connection inside a transaction that is durable at the end."""
        with self._write_lock, self._guard(), transaction(self._db):
            yield self._db

    def _write(self, db: sqlite3.Connection, pending: list[_PendingAttempt]) -> None:
        documents = [_document(attempt.request) for attempt in pending]
        db.executemany("INSERT OR IGNORE INTO documents VALUES (?, ?, ?)", documents)
        rows = [_row(attempt) for attempt in pending]
        db.executemany(INSERT, rows)
        heads = [(row["key"][:16],) for row in rows if row["reply"] is not None]
        db.executemany("INSERT INTO answered VALUES (?)", heads)
        spending.add_charges(db, [_charge_row(attempt) for attempt in pending])

    @contextmanager
    def _guard(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise DataError(f"cannot be used as reply store ({error})", self.path) from error


@dataclass(frozen=True, slots=True)
class _PendingAttempt:
    request: Request
    reply: Reply | None
    error: str | None
    charge: Charge
    reserved: Reservation | None
    created: float


def _document(request: Request) -> tuple[str, str, str]:
    digest = hashlib.sha256(request.text.encode()).hexdigest()
    return (request.document_id, digest, request.text)


def _row(attempt: _PendingAttempt) -> dict[str, Any]:
    request, reply = attempt.request, attempt.reply
    usage = reply.usage if reply else Usage()
    key = attempt.reserved.key if attempt.reserved else request.key
    return {
        "key": key,
        "head": head_of(key),
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
        "error": attempt.error,
        "created": attempt.created,
        "cached_tokens": usage.cached_tokens,
        "tokens": attempt.charge.tokens,
        "cost": attempt.charge.cost,
        "logprobs": encode_logprobs(reply.logprobs) if reply else None,
    }


def _charge_row(attempt: _PendingAttempt) -> tuple[str | int, ...]:
    """Return a row of the table of spending: what this attempt adds."""
    request, reply, charge = attempt.request, attempt.reply, attempt.charge
    usage = reply.usage if reply else Usage()
    counted = usage.prompt_tokens > 0
    return (
        request.model,
        1,
        int(counted),
        count_characters(request) if counted else 0,
        usage.prompt_tokens,
        usage.cached_tokens,
        usage.completion_tokens,
        charge.tokens,
        charge.cost,
    )


def _attempt(row: tuple[Any, ...]) -> Attempt:
    model, prompt, sample, number, text, finish, *numbers, blob, error = row
    asked, answered, cached, latency = numbers
    usage = Usage(asked, answered, cached)
    logprobs = decode_logprobs(blob)
    reply = None if text is None else Reply(text, finish, usage, latency, number, logprobs)
    return Attempt(model, prompt, sample, number, reply, error)
