"""The results of a batch -> attempts in the store, each exactly once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from vermeil.data.reply import Usage
from vermeil.teacher.backends.batch_base import Result
from vermeil.teacher.backends.batch_types import Batch, Outcome
from vermeil.teacher.batches.budget import BatchPurse
from vermeil.teacher.batches.store import BatchStore
from vermeil.teacher.store.charges import Charge
from vermeil.teacher.store.store import ReplyStore

_AT_ONCE = 500
"""Results in one durable commit."""


@dataclass(slots=True)
class Harvest:
    """What batches have brought in one run.

    Args:
        replies: replies stored.
        failed: requests without one.
        stray: lines of results that belong to no waiting request: duplicates, mostly.
        broken: lines that cannot be read.
        usage: tokens counted by the server.
        charged: what replies and failures cost.
        given_up: keys of requests that would be turned down again.
    """

    replies: int = 0
    failed: int = 0
    stray: int = 0
    broken: int = 0
    usage: Usage = field(default_factory=Usage)
    charged: Charge = field(default_factory=Charge)
    given_up: set[str] = field(default_factory=set)


def harvest(
    results: Iterable[Result],
    batch: Batch,
    store: ReplyStore,
    batches: BatchStore,
    purse: BatchPurse,
    into: Harvest,
) -> bool:
    """Store results as they come, in any order; what an earlier harvest stored is left alone.

    Returns:
        Whether every request of the batch now has its result.

    Raises:
        AttemptError: the results broke off. What came before is stored.
    """
    outcomes: dict[int, Outcome] = {}
    try:
        for result in results:
            _take(result, batch, store, batches, purse, into, outcomes)
            if len(outcomes) >= _AT_ONCE:
                _commit(batch, store, batches, outcomes)
    finally:
        _commit(batch, store, batches, outcomes)
    return not batches.outcomes(batch.name).get("waiting")


def _commit(
    batch: Batch, store: ReplyStore, batches: BatchStore, outcomes: dict[int, Outcome]
) -> None:
    # In this order: after a crash in between, what is stored already is recognised.
    store.flush()
    batches.settle(batch, outcomes.items())
    outcomes.clear()


def _take(
    result: Result,
    batch: Batch,
    store: ReplyStore,
    batches: BatchStore,
    purse: BatchPurse,
    into: Harvest,
    outcomes: dict[int, Outcome],
) -> None:
    if not result.name:
        into.broken += 1
        return
    number = _number(result.name, batch)
    request = None if number in outcomes else batches.request(batch, number)
    if request is None:
        into.stray += 1
        return
    key = request.key
    if result.reply is not None:
        outcomes[number] = Outcome.REPLIED
        if store.get(key) is None:
            charge = purse.cost(request, result.reply)
            store.add(request, result.reply, charge=charge)
            into.replies += 1
            into.usage += result.reply.usage
            into.charged += charge
        return
    outcomes[number] = Outcome.FAILED
    into.failed += 1
    error = f"batch {batch.name}: {result.error}"
    if store.error(key) != error:
        charge = Charge() if result.free else purse.most(request)
        store.add(request, error=error, charge=charge)
        into.charged += charge
    if not result.again:
        into.given_up.add(key)


def _number(name: str, batch: Batch) -> int:
    """Return the number of a request by its name; -1 where it is not of this batch."""
    of, _, number = name.rpartition("-")
    return int(number) if of == batch.name and number.isascii() and number.isdecimal() else -1
