"""Spending of a reply store: known charges, and amounts of which the charge is unknown."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from vermeil.data.lock import lock_path
from vermeil.errors import DataError, LockedError
from vermeil.teacher.limits.prices import PER_DOLLAR
from vermeil.teacher.store.charges import Charge, SpendingTotals
from vermeil.teacher.store.lost import release_lost
from vermeil.teacher.store.store import ReplyStore

Record = dict[str, Any]


@contextmanager
def settled_reservations(store: Path) -> Iterator[None]:
    """Settle the reservations of ended attempts before and after a run that holds the store's lock.

    Args:
        store: the file of replies; it need not exist.
    """
    if store.exists():
        _settle(store)
    try:
        yield
    finally:
        with suppress(DataError):  # an error of the run itself is more informative
            if store.exists():
                _settle(store)


def _settle(store: Path) -> None:
    with ReplyStore(store) as replies:
        replies.settle_reservations()


def spent_in_all(store: Path) -> SpendingTotals:
    """Return the current totals of a store; all zero if it does not exist."""
    if not store.exists():
        return SpendingTotals()
    with ReplyStore(store) as replies:
        return replies.spent()


def unknown_charges(spent: SpendingTotals) -> Record:
    """Return the amounts of which the charge is unknown for JSON; empty if there are none."""
    found: Record = {}
    if spent.reserved != Charge():
        found["in_flight_or_in_batches"] = _amount("at_most", spent.reserved)
    if spent.lost_attempts:
        number = {"requests": spent.lost_attempts}
        found["reserved_by_ended_processes"] = number | _amount("at_most", spent.lost)
    if spent.possible_attempts:
        number = {"requests": spent.possible_attempts}
        found["possibly_charged_twice"] = number | _amount("about", spent.possible)
    return {"unknown_charges": found} if found else {}


def show_spending(store: Path, *, release: bool = False) -> Record:
    """Return the spending of a store for JSON, after settling what ended processes left.

    Args:
        store: the file of replies.
        release: delete the reservations of ended processes, so that they no longer count against
            the spending limits. Their requests may have been charged.

    Raises:
        LockedError: ``release`` is set, and another process writes the store.
        DataError: there is no store, or it cannot be used.
    """
    if not store.exists():
        raise DataError("no replies are stored here; run vermeil annotate first", store)
    released = 0
    try:
        with lock_path(store):
            _settle(store)
            if release:
                with ReplyStore(store) as replies, replies.transaction() as db:
                    released = release_lost(db)
    except LockedError:
        if release:
            raise
    spent = spent_in_all(store)
    return {
        "attempts": spent.attempts,
        "spent_usd": spent.charged.cost / PER_DOLLAR,
        "spent_tokens": spent.charged.tokens,
        **({"released_reservations": released} if release else {}),
        **unknown_charges(spent),
    }


def _amount(words: str, charge: Charge) -> Record:
    return {f"{words}_usd": charge.cost / PER_DOLLAR, f"{words}_tokens": charge.tokens}
