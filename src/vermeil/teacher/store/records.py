"""What lies in a file of replies: one record per request, with its reply or its last error."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vermeil.data.reply import Reply, Usage
from vermeil.errors import DataError
from vermeil.teacher.store.logprobs import decode_logprobs
from vermeil.teacher.store.schema import prepare

_SELECT = """
SELECT key, document_id, prompt, model, parameters, sample, reply, finish_reason, prompt_tokens,
  completion_tokens, latency, attempt, logprobs, error, created,
  (SELECT COUNT(*) FROM attempts AS every WHERE every.head = this.head AND every.key = this.key),
  (SELECT CASE COUNT(*) WHEN 1 THEN MAX(text) END FROM documents AS d
    WHERE d.document_id = this.document_id)
FROM attempts AS this
WHERE attempt = COALESCE(
  (SELECT MIN(attempt) FROM attempts AS one
    WHERE one.head = this.head AND one.key = this.key AND one.reply IS NOT NULL),
  (SELECT MAX(attempt) FROM attempts AS one WHERE one.head = this.head AND one.key = this.key))
AND (?1 IS NULL OR model = ?1) AND (?2 IS NULL OR prompt = ?2) AND (?3 IS NULL OR document_id = ?3)
ORDER BY rowid
"""


@dataclass(frozen=True, slots=True)
class RecordFilter:
    """Which records are wanted; None: all.

    Args:
        model: name of the model that was asked.
        prompt: name of the prompt.
        document: id of the document.
    """

    model: str | None = None
    prompt: str | None = None
    document: str | None = None


@dataclass(frozen=True, slots=True)
class StoredRequest:
    """One request that was put to a teacher.

    Args:
        key: the request's key.
        document_id: the document that was asked about (the first one with its text).
        text: its text; None where documents with this id had several, so that it is not known which
            one was meant.
        prompt: name of the prompt.
        model: who was asked.
        parameters: sampling parameters, as JSON.
        sample: number of the sample, from 0.
        reply: the answer that counts: the first; None where there is none.
        error: why there is none.
        attempts: how many attempts there were.
        created: when the attempt that counts was stored, in seconds since 1970.
    """

    key: str
    document_id: str
    text: str | None
    prompt: str
    model: str
    parameters: str
    sample: int
    reply: Reply | None
    error: str | None
    attempts: int
    created: float


def stored_requests(store: Path, record_filter: RecordFilter) -> Iterator[StoredRequest]:
    """Yield what was asked, in the order in which it was stored.

    A store of an older version is renewed first.

    Raises:
        DataError: there is no such store, or it cannot be read.
    """
    if not store.exists():
        raise DataError("no replies are stored here; run vermeil annotate first", store)
    try:
        with closing(sqlite3.connect(store, timeout=30.0, isolation_level=None)) as db:
            prepare(db, store)
            values = (record_filter.model, record_filter.prompt, record_filter.document)
            for row in db.execute(_SELECT, values):
                yield _record(row)
    except sqlite3.Error as error:
        raise DataError(f"cannot be read as reply store ({error})", store) from error


def _record(row: tuple[Any, ...]) -> StoredRequest:
    key, document_id, prompt, model, parameters, sample, said, finish, *numbers = row
    asked, answered, latency, number, blob, error, created, attempts, text = numbers
    usage, logprobs = Usage(asked, answered), decode_logprobs(blob)
    reply = None if said is None else Reply(said, finish, usage, latency, number, logprobs)
    return StoredRequest(
        key,
        document_id,
        text,
        prompt,
        model,
        parameters,
        sample,
        reply,
        error,
        attempts,
        created,
    )
