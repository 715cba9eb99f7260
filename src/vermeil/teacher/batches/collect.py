"""Collection of batch results: stores each result as one attempt in the reply store."""

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
from vermeil.teacher.tokens import is_charge_estimated

_COMMIT_SIZE = 500
"""Results in one durable commit."""


@dataclass(slots=True)
class CollectedResults:
    """Totals of the batch results that one run collected.

    Args:
        replies: stored replies.
        failed: requests without a reply.
        unmatched: results that belong to no pending request, mostly duplicates.
        unreadable: results that cannot be parsed.
        usage: tokens counted by the server.
        charged: charges of replies and failures.
        rejected: keys of requests that the server would reject again.
        estimated_charges: replies without token counts, whose charge is an estimate.
    """

    replies: int = 0
    failed: int = 0
    unmatched: int = 0
    unreadable: int = 0
    usage: Usage = field(default_factory=Usage)
    charged: Charge = field(default_factory=Charge)
    rejected: set[str] = field(default_factory=set)
    estimated_charges: int = 0


def collect_results(
    results: Iterable[BatchResult],
    batch: ProviderBatch,
    store: ReplyStore,
    batches: BatchStore,
    spending_limit: BatchSpendingLimit,
    collected: CollectedResults,
) -> bool:
    """Store results in any order; results that were stored earlier are not stored again.

    Args:
        results: results from the server.
        batch: their batch.
        store: receives replies and errors as attempts.
        batches: receives the outcome of each request.
        spending_limit: computes the charges.
        collected: totals to update.

    Returns:
        Whether every request of the batch has its result.

    Raises:
        AttemptError: the results ended early. All results before are stored.
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
    # The order matters: after a crash in between, stored replies are recognised by their keys.
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
            collected.estimated_charges += is_charge_estimated(result.reply)
            collected.charged += charge
        return
    outcomes[number] = RequestOutcome.FAILED
    collected.failed += 1
    error = f"batch {batch.name}: {result.error}"
    if store.error(key) != error:
        charge = spending_limit.failure_charge(request, result)
        store.add(request, error=error, charge=charge)
        collected.charged += charge
    if not result.retryable:
        collected.rejected.add(key)


def _number(name: str, batch: ProviderBatch) -> int:
    """Return the number of a request from its name; -1 if it is not in this batch."""
    prefix, _, number = name.rpartition("-")
    return int(number) if prefix == batch.name and number.isascii() and number.isdecimal() else -1
