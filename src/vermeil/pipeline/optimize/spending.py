"""Limits of one optimisation in a reply store, across its interrupted runs."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable
from dataclasses import dataclass

from vermeil.data.document import Document
from vermeil.data.reply import Usage
from vermeil.prompting.allowance import Amount
from vermeil.prompting.config import OptimizeConfig
from vermeil.prompting.prompt import Prompt
from vermeil.prompting.report import OptimizeSpending
from vermeil.tasks.protocol import Task
from vermeil.teacher.config import TeacherConfig
from vermeil.teacher.limits.calls import CallCounter
from vermeil.teacher.limits.prices import PER_DOLLAR
from vermeil.teacher.limits.spending import spending_cap
from vermeil.teacher.store.store import ReplyStore

_TABLE = """
CREATE TABLE IF NOT EXISTS optimisations (
  digest TEXT PRIMARY KEY, attempts INTEGER NOT NULL, tokens INTEGER NOT NULL, cost INTEGER NOT NULL
)
"""
_LIMIT_KEYS = {"max_cost_usd", "max_tokens_total", "max_calls"}


@dataclass(frozen=True, slots=True)
class OptimizeLimits:
    """The limits of an optimisation, counted from its first run.

    Args:
        before: attempts, tokens and cost in the store before its first run.
        config: the limits.
    """

    before: Amount
    config: OptimizeConfig

    def apply_to(self, teacher: TeacherConfig) -> TeacherConfig:
        """Return the teacher with limits on the whole store that also hold these limits."""
        tokens, cost = self.config.max_tokens_total, self.config.max_cost_usd
        limits: dict[str, float | int | None] = {}
        if tokens is not None:
            own = int(self.before.tokens) + tokens
            limits["max_tokens_total"] = min(own, _or_more(teacher.max_tokens_total, own))
        if cost is not None:
            total = self.before.cost / PER_DOLLAR + cost
            limits["max_cost_usd"] = min(total, _or_more(teacher.max_cost_usd, total))
        return teacher.model_copy(update=limits)

    def total(self, teacher: TeacherConfig) -> Amount:
        """Return the limit of the whole optimisation; infinite: no limit.

        Args:
            teacher: the teacher, whose limits on the whole store hold as well.
        """
        cap = spending_cap(self.apply_to(teacher))
        return Amount(
            math.inf if self.config.max_calls is None else self.config.max_calls,
            math.inf if cap.tokens is None else cap.tokens - self.before.tokens,
            math.inf if cap.cost is None else cap.cost - self.before.cost,
        )

    def call_counter(self, store: ReplyStore) -> CallCounter:
        """Return the number of attempts that may still be sent."""
        limit = self.config.max_calls
        if limit is None:
            return CallCounter(None)
        return CallCounter(max(0, limit - round(self.spent(store).calls)))

    def spent(self, store: ReplyStore) -> Amount:
        """Return what the optimisation has spent so far."""
        return amount_spent(store) - self.before

    def spending(self, store: ReplyStore, has_prices: bool) -> OptimizeSpending:
        """Return what the optimisation has spent so far, for its report."""
        spent = self.spent(store)
        cost = spent.cost / PER_DOLLAR if has_prices else None
        return OptimizeSpending(round(spent.calls), round(spent.tokens), cost)


def open_limits(store: ReplyStore, config: OptimizeConfig, digest: str) -> OptimizeLimits:
    """Return the limits of an optimisation; its first run records what was spent before.

    Args:
        store: the reply store.
        config: the limits.
        digest: identifies the optimisation (`optimisation_digest`).
    """
    now = amount_spent(store)
    with store.transaction() as db:
        db.execute(_TABLE)
        row = (digest, int(now.calls), int(now.tokens), int(now.cost))
        db.execute("INSERT OR IGNORE INTO optimisations VALUES (?, ?, ?, ?)", row)
        query = "SELECT attempts, tokens, cost FROM optimisations WHERE digest = ?"
        before = Amount(*db.execute(query, (digest,)).fetchone())
    return OptimizeLimits(before, config)


def optimisation_digest(
    gold: Iterable[Document],
    task: Task,
    teacher: TeacherConfig,
    start: Prompt,
    config: OptimizeConfig,
) -> str:
    """Return a digest of everything but limits that determines an optimisation."""
    parts = [
        [[d.id, d.text, repr(d.annotation)] for d in gold],
        task.config.model_dump(mode="json"),
        [teacher.base_url, teacher.model, teacher.max_tokens, teacher.temperature],
        start.as_dict(),
        config.model_dump(mode="json", exclude=_LIMIT_KEYS),
    ]
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()


def amount_spent(store: ReplyStore) -> Amount:
    """Return attempts, tokens and cost of a store; attempts without a known end count."""
    totals = store.spent()
    known = (totals.attempts, totals.reservations, totals.lost_attempts, totals.possible_attempts)
    return Amount(sum(known), totals.total.tokens, totals.total.cost)


def amount_of(usage: Usage, cost: int) -> Amount:
    """Return the amount of one reply."""
    return Amount(1, usage.total, cost)


def _or_more(limit: float | None, other: float) -> float:
    return other if limit is None else limit
