"""What was spent and what is put aside: kept in the reply store, in its transactions."""

from __future__ import annotations

import sqlite3
import time
from dataclasses import dataclass, field

from vermeil.data.reply import Usage

SCHEMA = """
CREATE TABLE spending (
  model TEXT PRIMARY KEY,
  attempts INTEGER NOT NULL,
  replies INTEGER NOT NULL,
  prompt_characters INTEGER NOT NULL,
  prompt_tokens INTEGER NOT NULL,
  cached_tokens INTEGER NOT NULL,
  completion_tokens INTEGER NOT NULL,
  tokens INTEGER NOT NULL,
  cost INTEGER NOT NULL
);
CREATE TABLE reservations (
  reservation INTEGER PRIMARY KEY,
  key TEXT NOT NULL,
  model TEXT NOT NULL,
  tokens INTEGER NOT NULL,
  cost INTEGER NOT NULL,
  created REAL NOT NULL
);
"""
_ADD = """
INSERT INTO spending VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (model) DO UPDATE SET
  attempts = attempts + excluded.attempts, replies = replies + excluded.replies,
  prompt_characters = prompt_characters + excluded.prompt_characters,
  prompt_tokens = prompt_tokens + excluded.prompt_tokens,
  cached_tokens = cached_tokens + excluded.cached_tokens,
  completion_tokens = completion_tokens + excluded.completion_tokens,
  tokens = tokens + excluded.tokens, cost = cost + excluded.cost
"""


@dataclass(frozen=True, slots=True)
class Charge:
    """An amount: tokens, and what they cost in millionths of a millionth of a dollar."""

    tokens: int = 0
    cost: int = 0

    def __add__(self, other: Charge) -> Charge:
        return Charge(self.tokens + other.tokens, self.cost + other.cost)

    def within(self, cap: SpendingCap) -> bool:
        """Whether this is not above a limit."""
        tokens = cap.tokens is None or self.tokens <= cap.tokens
        return tokens and (cap.cost is None or self.cost <= cap.cost)


@dataclass(frozen=True, slots=True)
class SpendingCap:
    """The most that may be spent; None: no limit."""

    tokens: int | None = None
    cost: int | None = None


@dataclass(slots=True)
class Reservation:
    """An amount put aside for one attempt, or one batch, before it is sent.

    Args:
        key: the request's key, or the batch's name.
        model: who is asked.
        charge: the most that it can cost.
        cap: what all charges and reservations together must not exceed.
        number: its row in the store; None: not, or not yet, granted.
        decided: whether the store has looked at it.
    """

    key: str
    model: str
    charge: Charge
    cap: SpendingCap
    number: int | None = None
    decided: bool = False


@dataclass(frozen=True, slots=True)
class SpendingTotals:
    """Everything spent through a store so far.

    Args:
        attempts: how many.
        replies: how many of them brought one.
        prompt_characters: length of the prompts that were replied to.
        usage: tokens that servers counted.
        charged: tokens and cost charged for attempts: what the server counted, or the most it can
            have been where that is not known.
        reserved: put aside for attempts whose end is not known: under way now, or in flight when a
            run was killed.
    """

    attempts: int = 0
    replies: int = 0
    prompt_characters: int = 0
    usage: Usage = field(default_factory=Usage)
    charged: Charge = field(default_factory=Charge)
    reserved: Charge = field(default_factory=Charge)

    @property
    def total(self) -> Charge:
        """All that counts against a limit."""
        return self.charged + self.reserved


def add_charges(db: sqlite3.Connection, rows: list[tuple[str | int, ...]]) -> None:
    """Add rows of (model, attempts, replies, …), summed up by model first."""
    sums: dict[str | int, list[int]] = {}
    for model, *numbers in rows:
        before = sums.get(model, [0] * len(numbers))
        sums[model] = [a + int(b) for a, b in zip(before, numbers, strict=True)]
    db.executemany(_ADD, [(model, *numbers) for model, numbers in sums.items()])


def delete_reservations(db: sqlite3.Connection, reservations: list[Reservation]) -> None:
    """Take back what was put aside."""
    numbers = [(r.number,) for r in reservations if r.number is not None]
    db.executemany("DELETE FROM reservations WHERE reservation = ?", numbers)


def adjust_reservations(
    db: sqlite3.Connection, adjustments: list[tuple[Reservation, Charge]]
) -> None:
    """Change the amounts that are put aside."""
    rows = [(c.tokens, c.cost, r.number) for r, c in adjustments if r.number is not None]
    db.executemany("UPDATE reservations SET tokens = ?, cost = ? WHERE reservation = ?", rows)


def close_reservations(db: sqlite3.Connection, key: str, *, charged: bool) -> None:
    """Take back what was put aside under a key; or charge it, where it may have been billed."""
    if charged:
        rows = db.execute("SELECT model, tokens, cost FROM reservations WHERE key = ?", (key,))
        add_charges(db, [(m, 0, 0, 0, 0, 0, 0, tokens, cost) for m, tokens, cost in rows])
    db.execute("DELETE FROM reservations WHERE key = ?", (key,))


def grant_reservations(db: sqlite3.Connection, requested: list[Reservation]) -> list[int | None]:
    """Put aside what fits under the limits, in order; return the rows, None for what does not."""
    if not requested:
        return []
    total, now = spent(db).total, time.time()
    granted: list[int | None] = []
    for reservation in requested:
        charge = reservation.charge
        if not (total + charge).within(reservation.cap):
            granted.append(None)
            continue
        total += charge
        row = (reservation.key, reservation.model, charge.tokens, charge.cost, now)
        cursor = db.execute("INSERT INTO reservations VALUES (NULL, ?, ?, ?, ?, ?)", row)
        granted.append(cursor.lastrowid)
    return granted


def spent(db: sqlite3.Connection, model: str | None = None) -> SpendingTotals:
    """Return what was spent, on one model or on all."""
    where, values = ("", ()) if model is None else (" WHERE model = ?", (model,))
    sums = ", ".join(
        f"COALESCE(SUM({column}), 0)"
        for column in (
            "attempts",
            "replies",
            "prompt_characters",
            "prompt_tokens",
            "completion_tokens",
            "cached_tokens",
            "tokens",
            "cost",
        )
    )
    row = db.execute(f"SELECT {sums} FROM spending{where}", values).fetchone()
    attempts, replies, chars, asked, answered, cached, tokens, cost = row
    aside = "SELECT COALESCE(SUM(tokens), 0), COALESCE(SUM(cost), 0) FROM reservations"
    reserved = Charge(*db.execute(aside + where, values).fetchone())
    usage = Usage(asked, answered, cached)
    return SpendingTotals(attempts, replies, chars, usage, Charge(tokens, cost), reserved)
