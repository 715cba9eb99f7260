"""Report of sending requests: every request ends in exactly one state."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from vermeil.data.progress import Progress, silent
from vermeil.data.reply import Reply, Request, State, Usage
from vermeil.errors import VermeilError
from vermeil.tasks.protocol import ReplyResult
from vermeil.teacher.backends.base import AttemptError, BackendSpeed
from vermeil.teacher.limits.prices import PER_DOLLAR
from vermeil.teacher.store.charges import Charge, SpendingTotals
from vermeil.teacher.tokens import is_charge_estimated
from vermeil.teacher.usability import Usability, UsabilityTally

_EXAMPLES = 5
_MIN_TIMEOUTS = 3
_MIN_TIMEOUT_SHARE = 0.05
"""Time-outs from which on a run gives a hint: their number, and their share of the attempts."""
_PROGRESS_INTERVAL = 0.1
"""Minimum time between two calls of the progress callback, in seconds."""


def format_duration(seconds: float) -> str:
    """Return a duration as hours, minutes and seconds."""
    whole = round(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"


@dataclass(frozen=True, slots=True)
class RequestProblem:
    """Example of a request that ended in neither `DONE` nor `EMPTY`."""

    document_id: str
    sample: int
    state: State
    message: str

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "id": self.document_id,
            "sample": self.sample,
            "state": self.state.value,
            "problem": self.message,
        }


class Tally:
    """Counts of requests by state, with a few problems of each state."""

    def __init__(self) -> None:
        self.states: Counter[State] = Counter()
        self.problems: list[RequestProblem] = []

    def add(self, document_id: str, sample: int, state: State, problem: str | None) -> None:
        """Add the state in which a request ended."""
        self.states[state] += 1
        is_ok = state in (State.DONE, State.EMPTY)
        if not is_ok and sum(p.state is state for p in self.problems) < _EXAMPLES:
            self.problems.append(RequestProblem(document_id, sample, state, problem or state.value))

    def check(self, expected: int) -> None:
        """Raise `VermeilError` (a bug) unless ``expected`` requests ended."""
        if self.states.total() != expected:
            raise VermeilError(
                f"states do not reconcile: {expected} requests, {dict(self.states)}; please report"
            )


@dataclass(frozen=True, slots=True)
class RequestReport:
    """Result of one run of `send_requests` or `send_in_batches`.

    Args:
        requests: number of requests; the sum of ``states``, and of ``sent`` and ``reused``.
        sent: requests sent in this run, including those that exceeded the spending limits.
        reused: requests that were not sent: their reply was stored, or another document with the
            same text was sent in this run.
        attempts: HTTP requests in this run, including failed ones.
        states: number of requests by state.
        usage: tokens counted by the server in this run.
        cost_usd: charges of this run; None: the price is unknown.
        spent: charges of all attempts in the store.
        seconds: wall-clock time.
        problems: a few examples of every state except done and empty.
        usability: numbers of usable replies, failures and problems.
        timeouts: attempts without a reply within ``teacher.timeout``.
        estimated_charges: replies without usable token counts of the server, whose charge is an
            estimate.
        left_out: documents without a part in the reply to a request that they shared; each was sent
            once more in a request of its own.
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
    usability: Usability = field(default_factory=Usability)
    timeouts: int = 0
    estimated_charges: int = 0

    @property
    def hints(self) -> tuple[str, ...]:
        """Return in words what to change because of time-outs and missing token counts."""
        hints = []
        if self.timeouts >= max(_MIN_TIMEOUTS, _MIN_TIMEOUT_SHARE * self.attempts):
            hints.append(
                f"{self.timeouts:,} of {self.attempts:,} attempts got no reply within "
                "teacher.timeout; raise teacher.timeout, or lower teacher.concurrency"
            )
        if self.estimated_charges:
            hints.append(
                f"{self.estimated_charges:,} replies came without token counts, or with counts "
                "that cannot be; an upper estimate of their tokens is charged in their place"
            )
        return tuple(hints)

    left_out: int = 0


class RunStatistics:
    """Running totals of one run, from which its report is made.

    Args:
        progress: called with stage ``annotate`` at most every 0.1 seconds.
        total: number of requests; None: unknown.
        missing: requests without a stored reply; None: unknown.
        clock: returns seconds from an arbitrary origin.
    """

    def __init__(
        self,
        progress: Progress = silent,
        total: int | None = None,
        missing: int | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.sent = self.reused = self.attempts = self.replies = self.failures = 0
        self.timeouts = self.estimated_charges = 0
        self.left_out = 0
        self.usage = Usage()
        self.charged = Charge()
        self.has_price = False
        self.tally = Tally()
        self.usability = UsabilityTally()
        self._progress, self._total, self._missing = progress, total, missing
        self._clock, self._started = clock, clock()
        self._last_shown = float("-inf")

    def record_reply(self, reply: Reply, charge: Charge) -> None:
        """Record a reply of this run and its charge."""
        self.replies += 1
        self.usage += reply.usage
        self.estimated_charges += is_charge_estimated(reply)
        self.record_charge(charge)

    def record_charge(self, charge: Charge) -> None:
        """Record the charge of an attempt."""
        self.charged += charge

    def record_left_out(self, fault: AttemptError) -> None:
        """Record a document that is sent once more in a request of its own."""
        self.left_out += 1
        self.usage += fault.usage or Usage()

    def record_state(self, request: Request, reading: ReplyResult) -> None:
        """Record the state in which a request ended; report progress at intervals."""
        self.tally.add(request.document_id, request.sample, reading.state, reading.problem)
        self.usability.add(reading)
        now = self._clock()
        if now - self._last_shown >= _PROGRESS_INTERVAL or self.completed == self._total:
            self._last_shown = now
            self._progress("annotate", self.completed, self._total, self.progress_detail())

    def report_speed(self, speed: BackendSpeed, seconds: float) -> None:
        """Report the speed of a server that Vermeil has started, before the first request.

        Args:
            speed: its measured speed.
            seconds: expected time per request while all slots work.
        """
        missing = self._missing or 1
        detail: dict[str, float | int | str] = {
            "slots": speed.slots,
            "prompt tokens/s": f"{speed.prompt_tokens_per_second:.0f}",
            "reply tokens/s": f"{speed.reply_tokens_per_second:.1f}",
            "seconds per document": f"{seconds:.1f}",
            "expected time": format_duration(seconds * missing),
        }
        self._progress("local teacher", missing, missing, detail)

    def report_pending(self) -> None:
        """Report the requests that are pending when the run is interrupted."""
        states: dict[str, float | int | str] = {
            s.value: self.tally.states[s] for s in State if self.tally.states[s]
        }
        if self._total is not None:
            pending = self._total - self.completed
            self._progress("left pending", pending, pending, states | self._cost_detail())

    @property
    def completed(self) -> int:
        """Number of requests that reached their final state."""
        return self.tally.states.total()

    def progress_detail(self) -> dict[str, float | int | str]:
        """Return the details of the progress callback."""
        seconds = self._clock() - self._started
        detail: dict[str, float | int | str] = {"failed": self.tally.states[State.FAILED]}
        over_limit = self.tally.states[State.OVER_BUDGET]
        if over_limit:
            detail["over_budget"] = over_limit
        if self.replies and seconds > 0:
            detail["requests/s"] = f"{self.attempts / seconds:.1f}"
            detail["tokens/s"] = f"{self.usage.total / seconds:.0f}"
        return detail | self._cost_detail() | self._time_left_detail(seconds)

    def _cost_detail(self) -> dict[str, float | int | str]:
        if not self.has_price:
            return {"tokens": self.charged.tokens}
        cost = self.charged.cost / PER_DOLLAR
        detail: dict[str, float | int | str] = {"cost": f"${cost:.4f}"}
        if self._missing and self.sent:
            detail["of about"] = f"${cost / self.sent * max(self._missing, self.sent):.4f}"
        return detail

    def _time_left_detail(self, seconds: float) -> dict[str, float | int | str]:
        """Return the seconds left, extrapolated from sent requests: reused ones take no time."""
        if not self._missing or not 0 < self.sent < self._missing:
            return {}
        return {"seconds left": seconds / self.sent * (self._missing - self.sent)}

    def report(self, seconds: float, spent: SpendingTotals | None = None) -> RequestReport:
        """Return the report, after a check that the totals reconcile."""
        self.tally.check(self.sent + self.reused)
        return RequestReport(
            self.sent + self.reused,
            self.sent,
            self.reused,
            self.attempts,
            dict(self.tally.states),
            self.usage,
            self.charged.cost / PER_DOLLAR if self.has_price else None,
            spent or SpendingTotals(),
            seconds,
            tuple(self.tally.problems),
            self.usability.result,
            self.timeouts,
            self.estimated_charges,
            self.left_out,
        )
