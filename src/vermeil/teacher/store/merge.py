"""Merge of reply stores: adds each attempt and its charge once, however often it runs."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from vermeil.teacher.store.alternatives import has_alternatives, mark_answered
from vermeil.teacher.store.charges import add_charges
from vermeil.teacher.store.lost import settle_answered
from vermeil.teacher.store.store import INSERT, ReplyStore

_COMMIT_SIZE = 5_000
"""Attempts in one durable transaction."""
_COLUMNS = (
    "key",
    "head",
    "document_id",
    "prompt",
    "model",
    "parameters",
    "sample",
    "reply",
    "finish_reason",
    "prompt_tokens",
    "completion_tokens",
    "latency",
    "error",
    "created",
    "cached_tokens",
    "tokens",
    "cost",
    "logprobs",
    "form",
)
_ROWS = f"SELECT {', '.join(_COLUMNS)} FROM attempts ORDER BY rowid"
_KNOWN = """
SELECT 1 FROM attempts WHERE head = :head AND key = :key AND created = :created
  AND document_id = :document_id AND sample = :sample
"""
_TEXTS = "SELECT document_id, text_sha256, text FROM documents WHERE document_id = ?"
_RELEASE_RESERVATION = """
DELETE FROM {table} WHERE rowid = (
  SELECT rowid FROM {table}
  WHERE key = :key AND model = :model AND tokens >= :tokens AND cost >= :cost
  ORDER BY tokens, cost, rowid LIMIT 1)
"""
_Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class MergeReport:
    """Result of a merge.

    Args:
        added: attempts added to the target.
        duplicates: attempts that the target already had.
    """

    added: int
    duplicates: int


def merge_store(shard: Path, target: ReplyStore) -> MergeReport:
    """Add every attempt of a store that the target lacks.

    An attempt is identified by its request's key, document, sample and time. A second merge, or a
    merge after an interruption, therefore adds nothing twice. Several replies to the same key are
    kept in the order of arrival, and the first one is used. The charge of an attempt is added to
    the totals of ``target``. The reservation for it in ``target`` (see
    `ReplyStore.adjust_reservation`) is deleted in the same transaction.

    Args:
        shard: file of the store to read.
        target: store to write.

    Raises:
        DataError: one of the stores cannot be used.
    """
    added = duplicates = 0
    with ReplyStore(shard) as other, other.transaction() as source:
        characters_per_token = _characters_per_token(source)
        rows = (_as_mapping(row) for row in source.execute(_ROWS))
        while chunk := list(islice(rows, _COMMIT_SIZE)):
            with target.transaction() as db:
                new = [row for row in chunk if db.execute(_KNOWN, row).fetchone() is None]
                _add(db, new, _texts(source, new))
                add_charges(db, [_charge_row(row, characters_per_token) for row in new])
                _release_reservations(db, new)
            added += len(new)
            duplicates += len(chunk) - len(new)
    return MergeReport(added, duplicates)


def _release_reservations(db: sqlite3.Connection, rows: list[_Row]) -> None:
    """Delete the reservation of each attempt; a run that was killed may have left it as lost."""
    for row in rows:
        for table in ("reservations", "lost_reservations"):
            if db.execute(_RELEASE_RESERVATION.format(table=table), row).rowcount:
                break
    settle_answered(db, [row["key"] for row in rows if row["reply"] is not None])


def _as_mapping(row: tuple[Any, ...]) -> _Row:
    return dict(zip(_COLUMNS, row, strict=True))


def _add(db: sqlite3.Connection, rows: list[_Row], texts: Iterable[tuple[str, str, str]]) -> None:
    db.executemany("INSERT OR IGNORE INTO documents VALUES (?, ?, ?)", texts)
    db.executemany(INSERT, rows)
    heads = [(row["key"][:16],) for row in rows if row["reply"] is not None]
    db.executemany("INSERT INTO answered VALUES (?)", heads)
    if has_alternatives(db):
        mark_answered(db, [row["key"] for row in rows if row["reply"] is not None])


def _texts(source: sqlite3.Connection, rows: list[_Row]) -> Iterator[tuple[str, str, str]]:
    for document_id in dict.fromkeys(row["document_id"] for row in rows):
        yield from source.execute(_TEXTS, (document_id,))


def _characters_per_token(source: sqlite3.Connection) -> dict[str, float]:
    """Return, per model, the characters of prompts per token that the server counted."""
    sums = "SELECT model, prompt_characters, prompt_tokens FROM spending WHERE prompt_tokens > 0"
    return {model: characters / tokens for model, characters, tokens in source.execute(sums)}


def _charge_row(row: _Row, characters_per_token: Mapping[str, float]) -> tuple[str | int, ...]:
    """Return a row for `add_charges`; the characters are estimated because they are not stored."""
    prompt_tokens = row["prompt_tokens"]
    return (
        row["model"],
        1,
        int(prompt_tokens > 0),
        round(prompt_tokens * characters_per_token.get(row["model"], 0.0)),
        prompt_tokens,
        row["cached_tokens"],
        row["completion_tokens"],
        row["tokens"],
        row["cost"],
    )
