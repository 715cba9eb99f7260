"""Charges and reservations: tables of the reply store, written in its transactions."""

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
    """Amount in tokens and in money (units of 1e-12 dollars)."""

    tokens: int = 0
    cost: int = 0

    def __add__(self, other: Charge) -> Charge:
        return Charge(self.tokens + other.tokens, self.cost + other.cost)

    def within(self, cap: SpendingCap) -> bool:
        """Return whether this amount does not exceed the cap."""
        tokens_fit = cap.tokens is None or self.tokens <= cap.tokens
        return tokens_fit and (cap.cost is None or self.cost <= cap.cost)


@dataclass(frozen=True, slots=True)
class SpendingCap:
    """Maximum total of charges and reservations; None: no limit."""

    tokens: int | None = None
    cost: int | None = None


@dataclass(slots=True)
class Reservation:
    """Amount reserved for one attempt or one batch before it is sent.

    Args:
        key: key of the request, or name of the batch.
        model: name of the model.
        charge: maximum charge.
        cap: maximum total of all charges and reservations.
        number: row in the store; None: refused or not yet granted.
        decided: whether the store has granted or refused it.
    """

    key: str
    model: str
    charge: Charge
    cap: SpendingCap
    number: int | None = None
    decided: bool = False


@dataclass(frozen=True, slots=True)
class SpendingTotals:
    """Totals of a reply store.

    Args:
        attempts: number of attempts.
        replies: number of replies whose tokens a server counted.
        prompt_characters: total length of their prompts, in code points.
        usage: tokens that servers counted.
        charged: charges of all attempts: the counted usage, or the maximum if it is unknown.
        reserved: reservations of attempts in flight and of open batches, and those that an ended
            process left since the last run.
        lost: reservations of attempts that were in flight when a process ended.
        lost_attempts: number of them.
        possible: charges of such attempts whose request was answered later. The server may have
            charged both.
        possible_attempts: number of them.
        reservations: number of reservations in ``reserved``.
    """

    attempts: int = 0
    replies: int = 0
    prompt_characters: int = 0
    usage: Usage = field(default_factory=Usage)
    charged: Charge = field(default_factory=Charge)
    reserved: Charge = field(default_factory=Charge)
    lost: Charge = field(default_factory=Charge)
    lost_attempts: int = 0
    possible: Charge = field(default_factory=Charge)
    possible_attempts: int = 0
    reservations: int = 0

    @property
    def total(self) -> Charge:
        """Amount that counts against the spending limits."""
        return self.charged + self.reserved + self.lost + self.possible


def add_charges(db: sqlite3.Connection, rows: list[tuple[str | int, ...]]) -> None:
    """Add rows of (model, attempts, replies, …) to the totals of each model."""
    sums: dict[str | int, list[int]] = {}
    for model, *numbers in rows:
        total = sums.get(model, [0] * len(numbers))
        sums[model] = [a + int(b) for a, b in zip(total, numbers, strict=True)]
    db.executemany(_ADD, [(model, *numbers) for model, numbers in sums.items()])


def delete_reservations(db: sqlite3.Connection, reservations: list[Reservation]) -> None:
    """Delete reservations."""
    numbers = [(r.number,) for r in reservations if r.number is not None]
    db.executemany("DELETE FROM reservations WHERE reservation = ?", numbers)


def adjust_reservations(
    db: sqlite3.Connection, adjustments: list[tuple[Reservation, Charge]]
) -> None:
    """Change the amounts of reservations."""
    rows = [(c.tokens, c.cost, r.number) for r, c in adjustments if r.number is not None]
    db.executemany("UPDATE reservations SET tokens = ?, cost = ? WHERE reservation = ?", rows)


def close_reservations(db: sqlite3.Connection, key: str, *, charged: bool) -> None:
    """Delete the reservations under a key; with ``charged``, turn them into charges first."""
    if charged:
        rows = db.execute("SELECT model, tokens, cost FROM reservations WHERE key = ?", (key,))
        add_charges(db, [(m, 0, 0, 0, 0, 0, 0, tokens, cost) for m, tokens, cost in rows])
    db.execute("DELETE FROM reservations WHERE key = ?", (key,))


def grant_reservations(db: sqlite3.Connection, requested: list[Reservation]) -> list[int | None]:
    """Grant reservations in order; return their rows, None for those above their cap."""
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
    """Return the totals of one model, or of all models."""
    values: tuple[str, ...]
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
    attempts, replies, characters, prompt, completion, cached, tokens, cost = row
    usage = Usage(prompt, completion, cached)
    reserved, reservations = _sum(db, "reservations", "COUNT(*)", where, values)
    lost, lost_attempts = _sum(db, "lost_reservations", "COUNT(*)", where, values)
    possible, possible_attempts = _sum(db, "possible_charges", "SUM(attempts)", where, values)
    return SpendingTotals(
        attempts,
        replies,
        characters,
        usage,
        Charge(tokens, cost),
        reserved,
        lost,
        lost_attempts,
        possible,
        possible_attempts,
        reservations,
    )


def _sum(
    db: sqlite3.Connection, table: str, number: str, where: str, values: tuple[str, ...]
) -> tuple[Charge, int]:
    """Return the total of a table of amounts, and the number of attempts in it."""
    columns = ", ".join(f"COALESCE({one}, 0)" for one in ("SUM(tokens)", "SUM(cost)", number))
    row = db.execute(f"SELECT {columns} FROM {table}{where}", values).fetchone()
    return Charge(*row[:2]), row[2]
