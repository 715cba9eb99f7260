"""What came of asking: every request in exactly one state."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from vermeil.data.progress import Progress, silent
from vermeil.data.reply import Reply, State, Usage
from vermeil.errors import VermeilError
from vermeil.teacher.limits.prices import PER_DOLLAR
from vermeil.teacher.store.charges import Charge, SpendingTotals

_EXAMPLES = 5
_PROGRESS_INTERVAL = 0.1
"""Seconds between two reports of progress."""


@dataclass(frozen=True, slots=True)
class RequestProblem:
    """An example of a request that ended in neither `DONE` nor `EMPTY`."""

    document_id: str
    sample: int
    state: State
    message: str

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "id": self.document_id,
            "sample": self.sample,
            "state": self.state.value,
            "problem": self.message,
        }


class Tally:
    """Counts requests by state and keeps a few problems of each."""

    def __init__(self) -> None:
        self.states: Counter[State] = Counter()
        self.problems: list[RequestProblem] = []

    def add(self, document_id: str, sample: int, state: State, problem: str | None) -> None:
        """Take note of the state in which a request ended."""
        self.states[state] += 1
        fine = state in (State.DONE, State.EMPTY)
        if not fine and sum(p.state is state for p in self.problems) < _EXAMPLES:
            self.problems.append(RequestProblem(document_id, sample, state, problem or state.value))

    def check(self, expected: int) -> None:
        """Raise `VermeilError`, a bug, unless as many requests ended as there were."""
        if self.states.total() != expected:
            raise VermeilError(
                f"states do not reconcile: {expected} requests, {dict(self.states)}; please report"
            )


@dataclass(frozen=True, slots=True)
class RequestReport:
    """What came of asking.

    Args:
        requests: how many there were; the sum of ``states``, and of ``sent`` and ``reused``.
        sent: requests that were put to the teacher now, or were to be and did not fit the limits.
        reused: requests that needed no asking: the reply was stored, or another document with the
            same text was asked about now.
        attempts: HTTP requests now, failed ones included.
        states: how many requests ended in each state.
        usage: tokens counted by the server, now.
        cost_usd: what all attempts now are charged with; None: the price is not known.
        spent: what all attempts in the store cost.
        seconds: wall-clock time.
        problems: some examples of every state but done and empty.
    """

    requests: int = 0
    sent: int = 0
    reused: int = 0
    attempts: int = 0
    states: Mapping[State, int] = field(default_factory=dict)
    usage: Usage = field(default_factory=Usage)
    cost_usd: float | None = None
    spent: SpendingTotals = field(default_factory=SpendingTotals)
    seconds: float = 0.0
    problems: tuple[RequestProblem, ...] = ()


class RunStatistics:
    """The books of one run of `ask`, from which its report is made.

    Args:
        progress: told now and then.
        total: number of requests; None: not known.
        missing: how many of them have no reply yet; None: not known.
        clock: seconds, from any origin.
    """

    def __init__(
        self,
        progress: Progress = silent,
        total: int | None = None,
        missing: int | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.sent = self.reused = self.attempts = self.replies = self.failures = 0
        self.usage = Usage()
        self.charged = Charge()
        self.priced = False
        self.tally = Tally()
        self._progress, self._total, self._missing = progress, total, missing
        self._clock, self._began = clock, clock()
        self._last_shown = float("-inf")

    def record_reply(self, reply: Reply, charge: Charge) -> None:
        """Take note of a reply that came now, and what it cost."""
        self.replies += 1
        self.usage += reply.usage
        self.record_charge(charge)

    def record_charge(self, charge: Charge) -> None:
        """Take note of what an attempt cost."""
        self.charged += charge

    def record_state(
        self, document_id: str, sample: int, state: State, problem: str | None
    ) -> None:
        """Take note of the state in which a request ended, and show it now and then."""
        self.tally.add(document_id, sample, state, problem)
        now = self._clock()
        if now - self._last_shown >= _PROGRESS_INTERVAL or self.completed == self._total:
            self._last_shown = now
            self._progress("annotate", self.completed, self._total, self.progress_detail())

    def report_pending(self) -> None:
        """Show where everything stands that is left when the work is broken off."""
        states: dict[str, float | int | str] = {
            s.value: self.tally.states[s] for s in State if self.tally.states[s]
        }
        if self._total is not None:
            left = self._total - self.completed
            self._progress("left pending", left, left, states | self._cost_detail())

    @property
    def completed(self) -> int:
        """Requests that have reached their state."""
        return self.tally.states.total()

    def progress_detail(self) -> dict[str, float | int | str]:
        """What a progress display may want to show."""
        seconds = self._clock() - self._began
        detail: dict[str, float | int | str] = {"failed": self.tally.states[State.FAILED]}
        over = self.tally.states[State.OVER_BUDGET]
        if over:
            detail["over_budget"] = over
        if self.replies and seconds > 0:
            detail["requests/s"] = f"{self.attempts / seconds:.1f}"
            detail["tokens/s"] = f"{self.usage.total / seconds:.0f}"
        return detail | self._cost_detail() | self._time_left_detail(seconds)

    def _cost_detail(self) -> dict[str, float | int | str]:
        if not self.priced:
            return {"tokens": self.charged.tokens}
        cost = self.charged.cost / PER_DOLLAR
        money: dict[str, float | int | str] = {"cost": f"${cost:.4f}"}
        if self._missing and self.sent:
            money["of about"] = f"${cost / self.sent * max(self._missing, self.sent):.4f}"
        return money

    def _time_left_detail(self, seconds: float) -> dict[str, float | int | str]:
        """Return the seconds that are left, going by what was asked: the rest costs no time."""
        if not self._missing or not 0 < self.sent < self._missing:
            return {}
        return {"seconds left": seconds / self.sent * (self._missing - self.sent)}

    def report(self, seconds: float, spent: SpendingTotals | None = None) -> RequestReport:
        """Return the report, once the totals reconcile."""
        self.tally.check(self.sent + self.reused)
        return RequestReport(
            self.sent + self.reused,
            self.sent,
            self.reused,
            self.attempts,
            dict(self.tally.states),
            self.usage,
            self.charged.cost / PER_DOLLAR if self.priced else None,
            spent or SpendingTotals(),
            seconds,
            tuple(self.tally.problems),
        )
