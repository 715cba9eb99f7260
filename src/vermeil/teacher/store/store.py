"""Reply store: append-only SQLite file of attempts, durable before any reply is parsed."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any

from vermeil.data.malformed import translate_malformed
from vermeil.data.reply import Reply, Request, Usage
from vermeil.errors import DataError
from vermeil.teacher.store import charges, lost
from vermeil.teacher.store.alternatives import (
    add_alternatives,
    family_members,
    has_alternatives,
    mark_answered,
)
from vermeil.teacher.store.charges import Charge, Reservation, SpendingTotals
from vermeil.teacher.store.keys import head_of
from vermeil.teacher.store.logprobs import decode_logprobs, encode_logprobs
from vermeil.teacher.store.reply_index import ReplyIndex
from vermeil.teacher.store.schema import prepare, set_cache, transaction
from vermeil.teacher.tokens import count_characters

INSERT = """
INSERT INTO attempts SELECT :key,
  (SELECT COALESCE(MAX(attempt), 0) + 1 FROM attempts WHERE head = :head AND key = :key),
  :document_id, :prompt, :model, :parameters, :sample, :reply, :finish_reason,
  :prompt_tokens, :completion_tokens, :latency, :error, :created,
  :cached_tokens, :tokens, :cost, :head, :logprobs, :form
"""
_REPLY = """
SELECT reply, finish_reason, prompt_tokens, completion_tokens, cached_tokens, latency, attempt,
  logprobs, form, created, model
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
    """Stored attempt with either a reply or an error.

    Args:
        model: name of the model.
        prompt: name of the prompt.
        sample: index of the sample, from 0.
        number: number of the attempt at this request, from 1.
        reply: the reply, verbatim; None: the attempt failed.
        error: the error of a failed attempt.
    """

    model: str
    prompt: str
    sample: int
    number: int
    reply: Reply | None
    error: str | None


class ReplyStore:
    """Store of all attempts, each with its reply verbatim or its error. Nothing is overwritten.

    Use it as a context manager. The file must be on a local disk: SQLite's write-ahead log does not
    work on network file systems.

    Args:
        path: the file; it is created if it does not exist.
        alternatives: whether replies to requests for the same annotation with other settings count,
            see `add_alternatives`.

    Raises:
        DataError: the file is not a reply store, is damaged, or cannot be written.
    """

    def __init__(self, path: Path | str, *, alternatives: bool = True) -> None:
        self.path = Path(path)
        self._use_alternatives, self._has_alternatives = alternatives, False
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
                # A separate connection reads only durable data and does not wait for the writer.
                self._reader = self._connect()
                set_cache(self._reader, "read")
                self._has_alternatives = has_alternatives(self._reader)
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
        """Write pending additions and close the file."""
        try:
            self.flush()
        finally:
            self._reader.close()
            self._db.close()

    def get(self, key: str) -> Reply | None:
        """Return the first reply stored under a request's key; None if there is none.

        If the request has alternatives, this is the newest of the replies to all of them. The
        others are its ``alternatives``, the newest one first.
        """
        with self._guard():
            if not (self._has_alternatives and self._use_alternatives):
                found = self._first_reply(key)
                return found and found[1]
            every = map(self._first_reply, family_members(self._reader, key))
            replies = sorted((one for one in every if one is not None), key=lambda one: -one[0])
        if not replies:
            return None
        (_, newest), *others = replies
        return replace(newest, alternatives=tuple(reply for _, reply in others))

    def _first_reply(self, key: str) -> tuple[float, Reply] | None:
        """Return the time and content of the first reply under a key itself."""
        row = self._reader.execute(_REPLY, (head_of(key), key)).fetchone()
        if row is None:
            return None
        text, finish, prompt_tokens, completion_tokens, cached, latency, attempt, *rest = row
        blob, form, created, model = rest
        with translate_malformed(self.path):
            usage = Usage(prompt_tokens, completion_tokens, cached)
            logprobs = decode_logprobs(blob)
            reply = Reply(text, finish, usage, latency, attempt, logprobs, form=form)
            return created, replace(reply, created=created, model=model)

    def add_alternatives(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Make requests alternatives of earlier ones durably: a reply to one counts for all.

        Args:
            pairs: key of a request with other settings, and key of the earlier request.
        """
        with self.transaction() as db:
            add_alternatives(db, pairs)
        self._has_alternatives = True

    def settle_reservations(self) -> None:
        """Settle reservations that ended attempts left; no request may be in flight."""
        with self.transaction() as db:
            lost.settle_reservations(db)

    def error(self, key: str, since: int = 0) -> str | None:
        """Return the error of the last attempt; None if it has a reply or there is no attempt.

        Args:
            key: key of the request.
            since: value of `last_attempt_id`; earlier attempts are ignored.
        """
        with self._guard():
            row = self._reader.execute(_ERROR, (head_of(key), key)).fetchone()
        return row[0] if row and row[1] > since else None

    def family_error(self, key: str) -> str | None:
        """Return the last error of a request or of its newest alternative; None without any."""
        with self._guard():
            keys = family_members(self._reader, key) if self._has_alternatives else [key]
        errors = (self.error(one) for one in (key, *reversed(keys)))
        return next((error for error in errors if error is not None), None)

    def last_attempt_id(self) -> int:
        """Return the highest id of a stored attempt; later attempts have higher ids."""
        with self._guard():
            row = self._reader.execute("SELECT COALESCE(MAX(rowid), 0) FROM attempts").fetchone()
        return int(row[0])

    def spent(self, model: str | None = None) -> SpendingTotals:
        """Return the charges and reservations of one model, or of all models."""
        with self._guard():
            return charges.spent(self._reader, model)

    def has_reply(self, model: str) -> bool:
        """Return whether any reply of a model is stored."""
        query = "SELECT 1 FROM attempts WHERE model = ? AND reply IS NOT NULL LIMIT 1"
        with self._guard():
            return self._reader.execute(query, (model,)).fetchone() is not None

    def reply_index(self) -> ReplyIndex:
        """Return an index of the keys that have a reply now, for fast lookup of many keys."""
        with self._guard():
            return ReplyIndex.load(self._reader)

    def attempts(self, document_id: str, key: str) -> list[Attempt]:
        """Return all attempts for a document or under a request's key, in order of time."""
        with self._guard():
            rows = self._reader.execute(_ATTEMPTS, (document_id, head_of(key), key)).fetchall()
        return [_attempt(row) for row in rows]

    def missing(self, requests: Iterable[Request]) -> Iterator[Request]:
        """Yield the requests without a reply, including failed ones."""
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
        """Add one attempt with its reply or its error; durable after `flush`.

        Args:
            request: the request that was sent.
            reply: the reply.
            error: the error if there is no reply.
            charge: its charge; None: the tokens of the reply and no cost.
            reserved: its reservation, which is deleted.
        """
        if (reply is None) == (error is None):
            raise ValueError("an attempt has either a reply or an error")
        if charge is None:
            charge = Charge(reply.usage.total) if reply else Charge()
        self._pending.append(_PendingAttempt(request, reply, error, charge, reserved, time.time()))

    def reserve(self, reservation: Reservation) -> None:
        """Request a reservation; granted or refused, and durable, after `flush`."""
        self._requested.append(reservation)

    def release(self, reservation: Reservation) -> None:
        """Delete the reservation of an attempt that was not sent; durable after `flush`."""
        self._released.append(reservation)

    def adjust_reservation(self, reservation: Reservation, charge: Charge) -> None:
        """Set a reservation to the charge of its attempt until its store is merged.

        Workers keep replies in stores of their own while this store holds all charges: see
        `merge_store`.
        """
        self._adjusted.append((reservation, charge))

    def put(self, request: Request, reply: Reply | None = None, error: str | None = None) -> None:
        """Store one attempt durably."""
        self.add(request, reply, error)
        self.flush()

    def flush(self) -> None:
        """Make all additions durable in one transaction. Any thread may call it."""
        with self._write_lock:
            # Additions that other threads make meanwhile are written by the next call.
            pending, released = self._pending[:], self._released[:]
            requested, adjusted = self._requested[:], self._adjusted[:]
            if not (pending or requested or released or adjusted):
                return
            to_grant = [r for r in requested if not any(r is other for other in released)]
            with self.transaction() as db:
                self._write(db, pending)
                used = [a.reserved for a in pending if a.reserved is not None]
                charges.delete_reservations(db, used + released)
                charges.adjust_reservations(db, adjusted)
                granted = charges.grant_reservations(db, to_grant)
            for reservation, number in zip(to_grant, granted, strict=True):
                reservation.number, reservation.decided = number, True
            del self._pending[: len(pending)], self._requested[: len(requested)]
            del self._released[: len(released)], self._adjusted[: len(adjusted)]

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Open a transaction and yield the writing connection; durable after the block."""
        with self._write_lock, self._guard(), transaction(self._db):
            yield self._db

    def _write(self, db: sqlite3.Connection, pending: list[_PendingAttempt]) -> None:
        documents = [_document(attempt.request) for attempt in pending]
        db.executemany("INSERT OR IGNORE INTO documents VALUES (?, ?, ?)", documents)
        rows = [_row(attempt) for attempt in pending]
        db.executemany(INSERT, rows)
        heads = [(row["key"][:16],) for row in rows if row["reply"] is not None]
        db.executemany("INSERT INTO answered VALUES (?)", heads)
        answered = [row["key"] for row in rows if row["reply"] is not None]
        if self._has_alternatives:
            mark_answered(db, answered)
        charges.add_charges(db, [_charge_row(attempt) for attempt in pending])
        lost.settle_answered(db, answered)

    @contextmanager
    def _guard(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError, UnicodeDecodeError) as error:
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
        "form": request.form,
    }


def _charge_row(attempt: _PendingAttempt) -> tuple[str | int, ...]:
    """Return the row that this attempt adds with `add_charges`."""
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
    prompt_tokens, completion_tokens, cached, latency = numbers
    usage = Usage(prompt_tokens, completion_tokens, cached)
    logprobs = decode_logprobs(blob)
    reply = None if text is None else Reply(text, finish, usage, latency, number, logprobs)
    return Attempt(model, prompt, sample, number, reply, error)
