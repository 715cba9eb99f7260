"""Schema of the reply store, with migrations from older versions."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from vermeil.errors import DataError
from vermeil.teacher.store.alternatives import SCHEMA as ALTERNATIVES_SCHEMA
from vermeil.teacher.store.charges import SCHEMA as CHARGES_SCHEMA
from vermeil.teacher.store.keys import head_of
from vermeil.teacher.store.lost import SCHEMA as LOST_SCHEMA

VERSION = 5
_APPLICATION_ID = 0x5645524D  # "VERM"
_FIRST = """
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
_SECOND = f"""
ALTER TABLE attempts ADD COLUMN cached_tokens INTEGER NOT NULL DEFAULT 0;
ALTER TABLE attempts ADD COLUMN tokens INTEGER NOT NULL DEFAULT 0;
ALTER TABLE attempts ADD COLUMN cost INTEGER NOT NULL DEFAULT 0;
UPDATE attempts SET tokens = prompt_tokens + completion_tokens;
CREATE TABLE answered (head TEXT NOT NULL);
INSERT INTO answered SELECT substr(key, 1, 16) FROM attempts WHERE reply IS NOT NULL;
{CHARGES_SCHEMA}
INSERT INTO spending
  SELECT model, COUNT(*), 0, 0, SUM(prompt_tokens), 0, SUM(completion_tokens), SUM(tokens), 0
  FROM attempts GROUP BY model
"""
_THIRD = """
CREATE TABLE renewed (
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
  cached_tokens INTEGER NOT NULL,
  tokens INTEGER NOT NULL,
  cost INTEGER NOT NULL,
  head INTEGER NOT NULL,
  CHECK ((reply IS NULL) <> (error IS NULL))
);
INSERT INTO renewed (rowid, key, attempt, document_id, prompt, model, parameters, sample, reply,
    finish_reason, prompt_tokens, completion_tokens, latency, error, created, cached_tokens,
    tokens, cost, head)
  SELECT rowid, key, attempt, document_id, prompt, model, parameters, sample, reply,
    finish_reason, prompt_tokens, completion_tokens, latency, error, created, cached_tokens,
    tokens, cost, head_of(key)
  FROM attempts ORDER BY rowid;
DROP TABLE attempts;
ALTER TABLE renewed RENAME TO attempts;
CREATE INDEX attempts_by_head ON attempts (head);
CREATE INDEX attempts_by_document ON attempts (document_id)
"""
_FOURTH = """
ALTER TABLE attempts ADD COLUMN logprobs BLOB
"""
_FIFTH = f"""
ALTER TABLE attempts ADD COLUMN form TEXT NOT NULL DEFAULT '';
{ALTERNATIVES_SCHEMA};
{LOST_SCHEMA}
"""
_MIGRATIONS = (_FIRST, _SECOND, _THIRD, _FOURTH, _FIFTH)
"""Statements that migrate each version, from 0 (empty), to the next."""

_CACHE = {"write": 128 * 1024, "read": 32 * 1024}
"""Size of the page cache in KiB; it is large because keys are scattered over their index."""
_CHECKPOINT = 32 * 1024
"""Pages in the write-ahead log before a checkpoint; pages written often are then copied once."""

_LOCK_TIMEOUT, _LOCK_POLL = 30.0, 0.02
"""Time during which a locked store is retried, and time between two retries, in seconds."""


def prepare(db: sqlite3.Connection, path: Path) -> None:
    """Prepare a connection to a reply store; create or migrate its tables.

    Raises:
        DataError: the file is not a reply store, or was written by a newer Vermeil.
        sqlite3.Error: the file cannot be used, or other processes kept it locked.
    """
    end = time.monotonic() + _LOCK_TIMEOUT
    while True:
        try:
            _prepare(db, path)
            return
        except sqlite3.OperationalError as error:
            # SQLite does not always wait while another process creates or closes the store.
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > end:
                raise
            time.sleep(_LOCK_POLL)


def _prepare(db: sqlite3.Connection, path: Path) -> None:
    # The order matters: another process may be creating the store at this moment.
    empty = db.execute("SELECT COUNT(*) FROM sqlite_schema").fetchone()[0] == 0
    ours = db.execute("PRAGMA application_id").fetchone()[0] == _APPLICATION_ID
    if not ours and not empty:
        raise DataError("is an SQLite database but not a reply store; choose another file", path)
    version = _version(db)
    if version > VERSION:
        raise DataError(
            f"was written by a newer Vermeil (version {version}, supported up to {VERSION}); "
            "upgrade Vermeil",
            path,
        )
    if db.execute("PRAGMA journal_mode = WAL").fetchone()[0] != "wal":
        raise DataError("cannot use a write-ahead log here; use a local disk", path)
    db.execute("PRAGMA synchronous = FULL")
    set_cache(db, "write")
    db.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT}")
    if version < VERSION:
        with transaction(db):
            _migrate(db)


def set_cache(db: sqlite3.Connection, use: Literal["write", "read"]) -> None:
    """Set the page cache of a connection for writing or reading."""
    db.execute(f"PRAGMA cache_size = -{_CACHE[use]}")


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[None]:
    """Commit the statements of the block; roll them back if it raises."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


def _migrate(db: sqlite3.Connection) -> None:
    db.create_function("head_of", 1, head_of, deterministic=True)
    # Read the version again: another process may have migrated the store meanwhile.
    for step in _MIGRATIONS[_version(db) :]:
        for statement in step.split(";"):
            db.execute(statement)
    db.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
    db.execute(f"PRAGMA user_version = {VERSION}")


def _version(db: sqlite3.Connection) -> int:
    return int(db.execute("PRAGMA user_version").fetchone()[0])
