"""One reply store into another: every attempt once, its cost counted once, however often."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from vermeil.teacher.store import charges as spending
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
)
_ROWS = f"SELECT {', '.join(_COLUMNS)} FROM attempts ORDER BY rowid"
_KNOWN = """
SELECT 1 FROM attempts WHERE head = :head AND key = :key AND created = :created
  AND document_id = :document_id AND sample = :sample
"""
_TEXTS = "SELECT document_id, text_sha256, text FROM documents WHERE document_id = ?"
_RELEASE_RESERVATION = """
DELETE FROM reservations WHERE reservation = (
  SELECT reservation FROM reservations
  WHERE key = :key AND model = :model AND tokens >= :tokens AND cost >= :cost
  ORDER BY tokens, cost, reservation LIMIT 1)
"""
_Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class MergeReport:
    """What a merging did.

    Args:
        added: attempts that came over.
        duplicates: attempts that were there.
    """

    added: int
    duplicates: int


def merge_store(shard: Path, target: ReplyStore) -> MergeReport:
    """Add every attempt of a store that another one lacks.

    An attempt is known by its request's key, its document, its sample and its moment, so merging
    twice, or going on after an interruption, changes nothing. Replies to the same key stay side by
    side, as attempts in the order in which they come; the first one counts. What an attempt was
    charged is added to what was spent; what was put aside for it in ``target`` (see
    `ReplyStore.amend`) is taken back in the same transaction.

    Args:
        shard: file of the store that is read.
        target: the store that is written.

    Raises:
        DataError: one of them cannot be used.
    """
    added = already = 0
    with ReplyStore(shard) as other, other.transaction() as source:
        characters = _characters(source)
        rows = (_as_mapping(row) for row in source.execute(_ROWS))
        while chunk := list(islice(rows, _COMMIT_SIZE)):
            with target.transaction() as db:
                new = [row for row in chunk if db.execute(_KNOWN, row).fetchone() is None]
                _add(db, new, _texts(source, new))
                spending.add_charges(db, [_charge_row(row, characters) for row in new])
                db.executemany(_RELEASE_RESERVATION, new)
            added += len(new)
            already += len(chunk) - len(new)
    return MergeReport(added, already)


def _as_mapping(row: tuple[Any, ...]) -> _Row:
    return dict(zip(_COLUMNS, row, strict=True))


def _add(db: sqlite3.Connection, rows: list[_Row], texts: Iterable[tuple[str, str, str]]) -> None:
    db.executemany("INSERT OR IGNORE INTO documents VALUES (?, ?, ?)", texts)
    db.executemany(INSERT, rows)
    heads = [(row["key"][:16],) for row in rows if row["reply"] is not None]
    db.executemany("INSERT INTO answered VALUES (?)", heads)


def _texts(source: sqlite3.Connection, rows: list[_Row]) -> Iterator[tuple[str, str, str]]:
    for document_id in dict.fromkeys(row["document_id"] for row in rows):
        yield from source.execute(_TEXTS, (document_id,))


def _characters(source: sqlite3.Connection) -> dict[str, float]:
    """Return, per model, the characters of a prompt to a token that the server counted."""
    sums = "SELECT model, prompt_characters, prompt_tokens FROM spending WHERE prompt_tokens > 0"
    return {model: characters / tokens for model, characters, tokens in source.execute(sums)}


def _charge_row(row: _Row, characters: Mapping[str, float]) -> tuple[str | int, ...]:
    """Return a row of the table of spending; an attempt's own characters are not stored."""
    asked = row["prompt_tokens"]
    return (
        row["model"],
        1,
        int(asked > 0),
        round(asked * characters.get(row["model"], 0.0)),
        asked,
        row["cached_tokens"],
        row["completion_tokens"],
        row["tokens"],
        row["cost"],
    )
