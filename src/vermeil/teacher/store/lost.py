"""Lost reservations: those of attempts whose process ended before their result was stored.

Whether the server charged such an attempt is unknown. Its reservation counts against the spending
limits until its request has a reply. Then the attempt cannot have cost more than about that reply,
because it was the same request. The charge of the reply replaces the reservation, as a possible
second charge.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from vermeil.teacher.store.keys import head_of

SCHEMA = """
CREATE TABLE lost_reservations (
  key TEXT NOT NULL,
  model TEXT NOT NULL,
  tokens INTEGER NOT NULL,
  cost INTEGER NOT NULL,
  created REAL NOT NULL
);
CREATE INDEX lost_reservations_by_key ON lost_reservations (key);
CREATE TABLE possible_charges (
  model TEXT PRIMARY KEY,
  attempts INTEGER NOT NULL,
  tokens INTEGER NOT NULL,
  cost INTEGER NOT NULL
)
"""
_MOVE = "INSERT INTO lost_reservations SELECT key, model, tokens, cost, created FROM reservations"
_NOT_A_BATCH = " WHERE key NOT IN (SELECT name FROM batches)"
_REPLY = """
SELECT tokens, cost FROM attempts WHERE head = ? AND key = ? AND reply IS NOT NULL
ORDER BY attempt LIMIT 1
"""
_LOST = "SELECT rowid, model, tokens, cost FROM lost_reservations WHERE key = ?"
_ADD = """
INSERT INTO possible_charges VALUES (?, 1, ?, ?) ON CONFLICT (model) DO UPDATE SET
  attempts = attempts + 1, tokens = tokens + excluded.tokens, cost = cost + excluded.cost
"""


def settle_reservations(db: sqlite3.Connection) -> None:
    """Settle all reservations of requests, while no request is in flight.

    Reservations of batches stay. Those of requests with a reply become possible charges, and the
    others become lost reservations.
    """
    tables = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'batches'"
    only = "" if db.execute(tables).fetchone() is None else _NOT_A_BATCH
    db.execute(_MOVE + only)
    db.execute(f"DELETE FROM reservations{only}")
    keys = db.execute("SELECT DISTINCT key FROM lost_reservations").fetchall()
    settle_answered(db, (key for (key,) in keys))


def settle_answered(db: sqlite3.Connection, keys: Iterable[str]) -> None:
    """Turn the lost reservations of requests that have a reply into possible charges."""
    if db.execute("SELECT 1 FROM lost_reservations LIMIT 1").fetchone() is None:
        return
    for key in keys:
        lost = db.execute(_LOST, (key,)).fetchall()
        reply = db.execute(_REPLY, (head_of(key), key)).fetchone() if lost else None
        if reply is None:
            continue
        for number, model, tokens, cost in lost:
            db.execute(_ADD, (model, min(tokens, reply[0]), min(cost, reply[1])))
            db.execute("DELETE FROM lost_reservations WHERE rowid = ?", (number,))


def release_lost(db: sqlite3.Connection) -> int:
    """Delete all lost reservations, and return their number."""
    return db.execute("DELETE FROM lost_reservations").rowcount
