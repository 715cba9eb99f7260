"""Alternatives: requests for the same annotation with other settings, whose replies stand in.

Requests that `annotate` sends again with other settings have other keys. They form a family with
the earlier request: a reply to one of them counts for all. The family is the key of its earliest
request. The other requests have one row each.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from vermeil.teacher.store.keys import head_of

SCHEMA = """
CREATE TABLE alternatives (
  head INTEGER NOT NULL,
  key BLOB NOT NULL,
  family_head INTEGER NOT NULL,
  family BLOB NOT NULL
);
CREATE INDEX alternatives_by_head ON alternatives (head);
CREATE INDEX alternatives_by_family ON alternatives (family_head)
"""
_FAMILY = "SELECT family FROM alternatives WHERE head = ? AND key = ?"
_MEMBERS = "SELECT key FROM alternatives WHERE family_head = ? AND family = ? ORDER BY rowid"
_MOVE = "UPDATE alternatives SET family_head = ?, family = ? WHERE family_head = ? AND family = ?"
_HAS_REPLY = "SELECT 1 FROM attempts WHERE head = ? AND key = ? AND reply IS NOT NULL LIMIT 1"


def has_alternatives(db: sqlite3.Connection) -> bool:
    """Return whether any request has alternatives."""
    return db.execute("SELECT 1 FROM alternatives LIMIT 1").fetchone() is not None


def family_members(db: sqlite3.Connection, key: str) -> list[str]:
    """Return the keys of a request's family, itself included, in the order of their addition."""
    family = _family_of(db, key)
    rows = db.execute(_MEMBERS, (head_of(family), bytes.fromhex(family))).fetchall()
    return [family, *(member.hex() for (member,) in rows)]


def add_alternatives(db: sqlite3.Connection, pairs: Iterable[tuple[str, str]]) -> None:
    """Add requests to the families of earlier requests.

    Args:
        db: connection in a transaction.
        pairs: key of a request, and key of the earlier request.
    """
    for key, earlier in pairs:
        own, family = _family_of(db, key), _family_of(db, earlier)
        if own == family:
            continue
        target = (head_of(family), bytes.fromhex(family))
        source = (head_of(own), bytes.fromhex(own))
        db.execute(_MOVE, (*target, *source))
        db.execute("INSERT INTO alternatives VALUES (?, ?, ?, ?)", (*source, *target))
        mark_answered(db, [family])


def mark_answered(db: sqlite3.Connection, keys: Iterable[str]) -> None:
    """Add requests without a reply of their own to the index if their family has a reply."""
    for key in keys:
        members = family_members(db, key)
        missing = [one for one in members if not _has_reply(db, one)]
        if len(missing) < len(members):
            rows = [(one[:16],) for one in missing]
            db.executemany("INSERT INTO answered VALUES (?)", rows)


def _family_of(db: sqlite3.Connection, key: str) -> str:
    row = db.execute(_FAMILY, (head_of(key), bytes.fromhex(key))).fetchone()
    return key if row is None else row[0].hex()


def _has_reply(db: sqlite3.Connection, key: str) -> bool:
    return db.execute(_HAS_REPLY, (head_of(key), key)).fetchone() is not None
