"""What came of asking: every request in exactly one state."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from vermeil.data.reply import Reply, State, Usage
from vermeil.errors import VermeilError

_EXAMPLES = 5


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
        asked: requests that were put to the teacher now.
        already: requests that needed no asking: the reply was stored, or another document with the
            same text was asked about now.
        attempts: HTTP requests now, failed ones included.
        states: how many requests ended in each state.
        usage: tokens counted by the server, now.
        seconds: wall-clock time.
        problems: some examples of every state but done and empty.
    """

    requests: int = 0
    asked: int = 0
    already: int = 0
    attempts: int = 0
    states: Mapping[State, int] = field(default_factory=dict)
    usage: Usage = field(default_factory=Usage)
    seconds: float = 0.0
    problems: tuple[Problem, ...] = ()


class Ledger:
    """The books of one run of `ask`, from which its report is made."""

    def __init__(self) -> None:
        self.asked = self.already = self.attempts = self.replies = 0
        self.usage = Usage()
        self.tally = Tally()

    def answered(self, reply: Reply) -> None:
        """Take note of a reply that came now."""
        self.replies += 1
        self.usage += reply.usage

    @property
    def settled(self) -> int:
        """Requests that have reached their state."""
        return self.tally.states.total()

    def detail(self) -> dict[str, float | int | str]:
        """What a progress display may want to show."""
        return {
            "asked": self.asked,
            "failed": self.tally.states[State.FAILED],
            "tokens": self.usage.prompt_tokens + self.usage.completion_tokens,
        }

    def report(self, seconds: float) -> AskReport:
        """Return the report, once the totals reconcile."""
        self.tally.check(self.asked + self.already)
        return AskReport(
            self.asked + self.already,
            self.asked,
            self.already,
            self.attempts,
            dict(self.tally.states),
            self.usage,
            seconds,
            tuple(self.tally.problems),
        )
