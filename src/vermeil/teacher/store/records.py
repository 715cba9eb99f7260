"""Records of a reply store: one per request, with its reply or its last error."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vermeil.data.malformed import translate_malformed
from vermeil.data.reply import Reply, Usage
from vermeil.errors import DataError
from vermeil.teacher.store.logprobs import decode_logprobs
from vermeil.teacher.store.schema import prepare

_KEY = re.compile("[0-9a-f]*")
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
    """Filter of records; None matches all.

    Args:
        model: name of the model.
        prompt: name of the prompt.
        document: id of the document.
    """

    model: str | None = None
    prompt: str | None = None
    document: str | None = None


@dataclass(frozen=True, slots=True)
class StoredRequest:
    """Stored request to a teacher.

    Args:
        key: key of the request.
        document_id: id of the document (of several with the same text, the first one).
        text: text of the document; None: unknown, because documents with this id have several.
        prompt: name of the prompt.
        model: name of the model.
        parameters: sampling parameters as JSON.
        sample: index of the sample, from 0.
        reply: the first reply, which is the one that is used; None: no reply.
        error: error of the last attempt if there is no reply.
        attempts: number of attempts.
        created: time at which the used attempt was stored, in seconds since 1970.
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
    """Yield stored requests in the order in which they were stored.

    A store of an older version is migrated first.

    Raises:
        DataError: the store does not exist or cannot be read.
    """
    if not store.exists():
        raise DataError("no replies are stored here; run vermeil annotate first", store)
    try:
        with closing(sqlite3.connect(store, timeout=30.0, isolation_level=None)) as db:
            prepare(db, store)
            values = (record_filter.model, record_filter.prompt, record_filter.document)
            for row in db.execute(_SELECT, values):
                with translate_malformed(store):
                    found = _record(row)
                yield found
    except (sqlite3.Error, UnicodeDecodeError) as error:
        raise DataError(f"cannot be read as reply store ({error})", store) from error


def _record(row: tuple[Any, ...]) -> StoredRequest:
    key, document_id, prompt, model, parameters, sample, reply_text, finish, *rest = row
    prompt_tokens, completion_tokens, latency, number, blob, error, created, attempts, text = rest
    texts = all(isinstance(value, str) for value in (key, document_id, prompt, model, text or ""))
    if not texts or _KEY.fullmatch(key) is None:
        raise DataError("holds a request without a valid key or name; the file is damaged")
    usage, logprobs = Usage(prompt_tokens, completion_tokens), decode_logprobs(blob)
    reply = None
    if reply_text is not None:
        reply = Reply(reply_text, finish, usage, latency, number, logprobs)
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
