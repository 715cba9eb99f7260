"""Usability of replies: what counts as a failure, counts of failures, and what to do about them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from vermeil.data.mention import Status
from vermeil.data.reply import State
from vermeil.errors import TeacherStoppedError
from vermeil.tasks.protocol import ReplyResult

OFF_SCHEMA = "off_schema"
"""Failure of a reply without any label of the label set."""

_USABLE = (State.DONE, State.EMPTY)
_LOST = {Status.OFF_SCHEMA, Status.NOT_FOUND}
_VARIABLE_PART = re.compile(r"\b[0-9a-f-]{8,}\b|\d+")
"""Part of a problem that differs from request to request: numbers and ids."""
_MAX_PROBLEMS = 1000
"""Maximum number of different problems that are counted."""
_LABELS_SHOWN = 5
_PROBLEM_CHARACTERS = 300

_ADVICE = {
    State.FAILED.value: (
        "check that the server works and that teacher.base_url and teacher.model are right; failed "
        "requests are sent again by the same command"
    ),
    State.UNPARSABLE.value: (
        "try another task.reply_format, teacher.prompt or teacher.model, or teacher.structured"
    ),
    State.TRUNCATED.value: (
        "raise teacher.max_tokens, or turn off the model's reasoning (teacher.extra)"
    ),
    State.REFUSED.value: "try another teacher.prompt or teacher.model",
    State.OVER_BUDGET.value: "raise teacher.max_cost_usd or teacher.max_tokens_total",
    State.PENDING.value: "run vermeil annotate with the same configuration",
    OFF_SCHEMA: (
        "compare the labels of the replies with [task.labels], where aliases can be added; try "
        "another teacher.prompt or teacher.model"
    ),
    State.UNPLACED.value: (
        "compare a reply with its text; try another teacher.prompt or teacher.model"
    ),
}


def failure_of(reading: ReplyResult) -> str | None:
    """Return the kind of failure of a request by name; None if its reply is usable.

    The kind is the name of the state, or `OFF_SCHEMA` or that of ``State.UNPLACED`` if no
    mention of the reply could be used.
    """
    if reading.state not in _USABLE:
        return reading.state.value
    statuses = {one.status for one in reading.mentions}
    if not statuses or not statuses <= _LOST:
        return None
    return OFF_SCHEMA if Status.OFF_SCHEMA in statuses else State.UNPLACED.value


def _problem_of(reading: ReplyResult) -> str:
    if reading.problem:
        return " ".join(reading.problem.split())[:_PROBLEM_CHARACTERS]
    failure = failure_of(reading)
    if failure == State.UNPLACED.value:
        return "no mention of the reply is in the text"
    if failure != OFF_SCHEMA:
        return reading.state.value
    labels = {m.mention.label for m in reading.mentions if m.status is Status.OFF_SCHEMA}
    return f"labels outside the label set: {', '.join(sorted(labels)[:_LABELS_SHOWN])}"


@dataclass(frozen=True, slots=True)
class Usability:
    """Numbers of usable and unusable replies.

    Args:
        usable: number of usable replies, empty annotations included.
        failures: number of other requests or documents by kind of failure (`failure_of`).
        problems: number of them by problem in words; problems that differ only in numbers and ids
            are counted together.
    """

    usable: int = 0
    failures: Mapping[str, int] = field(default_factory=dict)
    problems: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def from_dict(cls, report: Mapping[str, Any]) -> Self:
        """Return the numbers from a report for JSON that contains `as_dict`."""
        found = report["most_frequent_problem"]
        problems = {} if found is None else {found["problem"]: found["number"]}
        return cls(report["usable"], report["unusable"], problems)

    def as_dict(self) -> dict[str, Any]:
        """Return the numbers for JSON, with the most frequent problem only."""
        found = max(self.problems.items(), key=lambda item: item[1], default=None)
        return {
            "usable": self.usable,
            "unusable": dict(self.failures),
            "most_frequent_problem": found and {"problem": found[0], "number": found[1]},
        }

    def __add__(self, other: Usability) -> Usability:
        return Usability(
            self.usable + other.usable,
            dict(Counter(self.failures) + Counter(other.failures)),
            dict(Counter(self.problems) + Counter(other.problems)),
        )

    @property
    def unusable(self) -> int:
        """Number of requests or documents without a usable reply."""
        return sum(self.failures.values())

    @property
    def is_nothing_usable(self) -> bool:
        """True if there were requests and none has a usable reply."""
        return self.unusable > 0 and not self.usable

    def describe(self, units: str) -> str:
        """Return the numbers, the most frequent problem and advice, on one line each.

        Args:
            units: the counted units: requests or documents.
        """
        total = self.usable + self.unusable
        by_kind = sorted(
            self.failures.items(), key=lambda item: (item[0] == State.PENDING, -item[1])
        )
        kinds = ", ".join(f"{number:,} {kind}" for kind, number in by_kind)
        lines = [f"{self.unusable:,} of {total:,} {units} have no usable reply: {kinds}"]
        if self.problems:
            problem, number = max(self.problems.items(), key=lambda item: item[1])
            lines.append(f"most frequent problem ({number:,} times): {problem}")
        return "\n".join([*lines, *(_advice(by_kind[0][0]) if by_kind else ())])


def _advice(kind: str) -> list[str]:
    shown = "show one reply: vermeil replies list --limit 1 --json"
    if kind in tuple(State):
        shown += f" --state {kind}"
    hidden = kind in (State.PENDING, State.OVER_BUDGET)
    again = f", then send only these again: vermeil annotate --again {kind}"
    what = f"what to do: {_ADVICE[kind]}{'' if hidden or kind == State.FAILED else again}"
    return [*([] if hidden else [shown]), what]


class UsabilityTally:
    """Running counts of usable replies and of failures."""

    def __init__(self) -> None:
        self._usable = 0
        self._failures: Counter[str] = Counter()
        self._problems: Counter[str] = Counter()
        self._first: dict[str, str] = {}

    def add(self, reading: ReplyResult) -> None:
        """Count the reply of one request or document."""
        failure = failure_of(reading)
        if failure is None:
            self._usable += 1
            return
        self._failures[failure] += 1
        if failure == State.PENDING:
            return  # a problem of this run is more informative than a request without a reply
        problem = _problem_of(reading)
        pattern = _VARIABLE_PART.sub("#", problem)
        if pattern in self._first or len(self._first) < _MAX_PROBLEMS:
            self._problems[self._first.setdefault(pattern, problem)] += 1

    @property
    def result(self) -> Usability:
        """The counts so far."""
        return Usability(self._usable, dict(self._failures), dict(self._problems))


def stopped_error(usability: Usability, limit: int) -> TeacherStoppedError:
    """Return the error of a run that stopped because its first requests failed.

    Args:
        usability: the counts of the run.
        limit: ``teacher.stop_after_failures``.
    """
    return TeacherStoppedError(
        "stopped, and no further request was sent, because the first requests all failed in the "
        f"same way\n{usability.describe('requests')}\n"
        "to continue: run the same command again; replies are stored and not requested again. "
        f"teacher.stop_after_failures = {limit} sets the number of failures; 0 switches the stop "
        "off",
        usability.failures,
        usability.problems,
    )
