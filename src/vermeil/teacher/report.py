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
from vermeil.teacher.store.charges import Charge, Spent

_EXAMPLES = 5
_SHOWN_EVERY = 0.1
"""Seconds between two reports of progress."""


@dataclass(frozen=True, slots=True)
class Problem:
    """An example of a request that ended in neither `DONE` nor `EMPTY`."""

    document_id: str
    sample: int
    state: State
    words: str

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "id": self.document_id,
            "sample": self.sample,
            "state": self.state.value,
            "problem": self.words,
        }


class Tally:
    """Counts requests by state and keeps a few problems of each."""

    def __init__(self) -> None:
        self.states: Counter[State] = Counter()
        self.problems: list[Problem] = []

    def add(self, document_id: str, sample: int, state: State, problem: str | None) -> None:
        """Take note of the state in which a request ended."""
        self.states[state] += 1
        fine = state in (State.DONE, State.EMPTY)
        if not fine and sum(p.state is state for p in self.problems) < _EXAMPLES:
            self.problems.append(Problem(document_id, sample, state, problem or state.value))

    def check(self, expected: int) -> None:
        """Raise `VermeilError`, a bug, unless as many requests ended as there were."""
        if self.states.total() != expected:
            raise VermeilError(
                f"states do not reconcile: {expected} requests, {dict(self.states)}; please report"
            )


@dataclass(frozen=True, slots=True)
class AskReport:
    """What came of asking.

    Args:
        requests: how many there were; the sum of ``states``, and of ``asked`` and ``already``.
        asked: requests that were put to the teacher now, or were to be and did not fit the limits.
        already: requests that needed no asking: the reply was stored, or another document with the
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
    asked: int = 0
    already: int = 0
    attempts: int = 0
    states: Mapping[State, int] = field(default_factory=dict)
    usage: Usage = field(default_factory=Usage)
    cost_usd: float | None = None
    spent: Spent = field(default_factory=Spent)
    seconds: float = 0.0
    problems: tuple[Problem, ...] = ()


class Ledger:
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
        self.asked = self.already = self.attempts = self.replies = self.failures = 0
        self.usage = Usage()
        self.charged = Charge()
        self.priced = False
        self.tally = Tally()
        self._progress, self._total, self._missing = progress, total, missing
        self._clock, self._began = clock, clock()
        self._shown = float("-inf")

    def answered(self, reply: Reply, charge: Charge) -> None:
        """Take note of a reply that came now, and what it cost."""
        self.replies += 1
        self.usage += reply.usage
        self.charge(charge)

    def charge(self, charge: Charge) -> None:
        """Take note of what an attempt cost."""
        self.charged += charge

    def settle(self, document_id: str, sample: int, state: State, problem: str | None) -> None:
        """Take note of the state in which a request ended, and show it now and then."""
        self.tally.add(document_id, sample, state, problem)
        now = self._clock()
        if now - self._shown >= _SHOWN_EVERY or self.settled == self._total:
            self._shown = now
            self._progress("annotate", self.settled, self._total, self.detail())

    def tell_pending(self) -> None:
        """Show where everything stands that is left when the work is broken off."""
        states: dict[str, float | int | str] = {
            s.value: self.tally.states[s] for s in State if self.tally.states[s]
        }
        if self._total is not None:
            left = self._total - self.settled
            self._progress("left pending", left, left, states | self._money())

    @property
    def settled(self) -> int:
        """Requests that have reached their state."""
        return self.tally.states.total()

    def detail(self) -> dict[str, float | int | str]:
        """What a progress display may want to show."""
        seconds = self._clock() - self._began
        detail: dict[str, float | int | str] = {"failed": self.tally.states[State.FAILED]}
        over = self.tally.states[State.OVER_BUDGET]
        if over:
            detail["over_budget"] = over
        if self.replies and seconds > 0:
            detail["requests/s"] = f"{self.attempts / seconds:.1f}"
            detail["tokens/s"] = f"{self.usage.total / seconds:.0f}"
        return detail | self._money() | self._left(seconds)

    def _money(self) -> dict[str, float | int | str]:
        if not self.priced:
            return {"tokens": self.charged.tokens}
        cost = self.charged.cost / PER_DOLLAR
        money: dict[str, float | int | str] = {"cost": f"${cost:.4f}"}
        if self._missing and self.asked:
            money["of about"] = f"${cost / self.asked * max(self._missing, self.asked):.4f}"
        return money

    def _left(self, seconds: float) -> dict[str, float | int | str]:
        """Return the seconds that are left, going by what was asked: the rest costs no time."""
        if not self._missing or not 0 < self.asked < self._missing:
            return {}
        return {"seconds left": seconds / self.asked * (self._missing - self.asked)}

    def report(self, seconds: float, spent: Spent | None = None) -> AskReport:
        """Return the report, once the totals reconcile."""
        self.tally.check(self.asked + self.already)
        return AskReport(
            self.asked + self.already,
            self.asked,
            self.already,
            self.attempts,
            dict(self.tally.states),
            self.usage,
            self.charged.cost / PER_DOLLAR if self.priced else None,
            spent or Spent(),
            seconds,
            tuple(self.tally.problems),
        )
