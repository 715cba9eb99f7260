"""The results of a batch -> attempts in the store, each exactly once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from vermeil.data.reply import Usage
from vermeil.teacher.backends.batch_base import BatchResult
from vermeil.teacher.backends.batch_types import ProviderBatch, RequestOutcome
from vermeil.teacher.batches.spending import BatchSpendingLimit
from vermeil.teacher.batches.store import BatchStore
from vermeil.teacher.store.charges import Charge
from vermeil.teacher.store.store import ReplyStore

_COMMIT_SIZE = 500
"""Results in one durable commit."""


@dataclass(slots=True)
class CollectedResults:
    """What batches have brought in one run.

    Args:
        replies: replies stored.
        failed: requests without one.
        unmatched: lines of results that belong to no waiting request: duplicates, mostly.
        unreadable: lines that cannot be read.
        usage: tokens counted by the server.
        charged: what replies and failures cost.
        rejected: keys of requests that would be turned down again.
    """

    replies: int = 0
    failed: int = 0
    unmatched: int = 0
    unreadable: int = 0
    usage: Usage = field(default_factory=Usage)
    charged: Charge = field(default_factory=Charge)
    rejected: set[str] = field(default_factory=set)


def collect_results(
    results: Iterable[BatchResult],
    batch: ProviderBatch,
    store: ReplyStore,
    batches: BatchStore,
    spending_limit: BatchSpendingLimit,
    collected: CollectedResults,
) -> bool:
    """Store results as they come, in any order; what an earlier harvest stored is left alone.

    Returns:
        Whether every request of the batch now has its result.

    Raises:
        AttemptError: the results broke off. What came before is stored.
    """
    outcomes: dict[int, RequestOutcome] = {}
    try:
        for result in results:
            _store_result(result, batch, store, batches, spending_limit, collected, outcomes)
            if len(outcomes) >= _COMMIT_SIZE:
                _commit(batch, store, batches, outcomes)
    finally:
        _commit(batch, store, batches, outcomes)
    return not batches.count_outcomes(batch.name).get("waiting")


def _commit(
    batch: ProviderBatch,
    store: ReplyStore,
    batches: BatchStore,
    outcomes: dict[int, RequestOutcome],
) -> None:
    # In this order: after a crash in between, what is stored already is recognised.
    store.flush()
    batches.record_outcomes(batch, outcomes.items())
    outcomes.clear()


def _store_result(
    result: BatchResult,
    batch: ProviderBatch,
    store: ReplyStore,
    batches: BatchStore,
    spending_limit: BatchSpendingLimit,
    collected: CollectedResults,
    outcomes: dict[int, RequestOutcome],
) -> None:
    if not result.name:
        collected.unreadable += 1
        return
    number = _number(result.name, batch)
    request = None if number in outcomes else batches.request(batch, number)
    if request is None:
        collected.unmatched += 1
        return
    key = request.key
    if result.reply is not None:
        outcomes[number] = RequestOutcome.REPLIED
        if store.get(key) is None:
            charge = spending_limit.charge(request, result.reply)
            store.add(request, result.reply, charge=charge)
            collected.replies += 1
            collected.usage += result.reply.usage
            collected.charged += charge
        return
    outcomes[number] = RequestOutcome.FAILED
    collected.failed += 1
    error = f"batch {batch.name}: {result.error}"
    if store.error(key) != error:
        charge = Charge() if result.unbilled else spending_limit.max_charge(request)
        store.add(request, error=error, charge=charge)
        collected.charged += charge
    if not result.retryable:
        collected.rejected.add(key)


def _number(name: str, batch: ProviderBatch) -> int:
    """Return the number of a request by its name; -1 where it is not of this batch."""
    of, _, number = name.rpartition("-")
    return int(number) if of == batch.name and number.isascii() and number.isdecimal() else -1
