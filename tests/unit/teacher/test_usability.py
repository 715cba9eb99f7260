"""Counts of usable replies and of failures."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from vermeil.data.document import Annotation
from vermeil.data.mention import LocatedMention, Mention, Status
from vermeil.data.reply import State
from vermeil.tasks.protocol import ReplyResult
from vermeil.teacher.usability import Usability, UsabilityTally, failure_of, stopped_error


def reading(*statuses: Any, state: State = State.DONE) -> Any:
    located = tuple(LocatedMention(Mention("x", f"L{i}"), s) for i, s in enumerate(statuses))
    return ReplyResult(state, Annotation(spans=()), located)


@pytest.mark.parametrize(
    ("statuses", "failure"),
    [
        ((), None),
        ((Status.EXACT,), None),
        ((Status.EXACT, Status.OFF_SCHEMA, Status.NOT_FOUND), None),
        ((Status.AMBIGUOUS,), None),
        ((Status.OFF_SCHEMA,), "off_schema"),
        ((Status.NOT_FOUND, Status.OFF_SCHEMA), "off_schema"),
        ((Status.NOT_FOUND, Status.NOT_FOUND), "unplaced"),
    ],
)
def test_reply_is_usable_unless_all_its_mentions_are_lost(
    statuses: tuple[Status, ...], failure: str | None
) -> None:
    assert failure_of(reading(*statuses)) == failure


@pytest.mark.parametrize("state", State)
def test_only_done_and_empty_are_usable(state: State) -> None:
    expected = None if state in (State.DONE, State.EMPTY) else state.value
    assert failure_of(ReplyResult(state)) == expected


def tally_of(*readings: Any) -> Any:
    tally = UsabilityTally()
    for one in readings:
        tally.add(one)
    return tally.result


def failed(problem: Any) -> Any:
    return ReplyResult(State.FAILED, problem=problem)


def test_problems_are_counted_without_their_numbers_and_ids() -> None:
    found = tally_of(
        *(failed(f"HTTP 429: try again in {i}.5 s (request {i:08x}-ab)") for i in range(9)),
        failed("HTTP 502: bad gateway"),
        reading(Status.EXACT),
    )
    assert (found.usable, found.unusable) == (1, 10)
    assert sorted(found.problems.values()) == [1, 9]
    lines = found.describe("requests").splitlines()
    assert lines[0] == "10 of 11 requests have no usable reply: 10 failed"
    assert lines[1].startswith("most frequent problem (9 times): HTTP 429: try again in 0.5 s")


def test_number_of_problems_in_memory_is_bounded() -> None:
    names = (f"{a}{b}{c}" for a in "abcdefghijk" for b in "abcdefghijk" for c in "abcdefghijk")
    found = tally_of(*(failed(name) for name in names))
    assert found.unusable == 11**3
    assert len(found.problems) == 1000


def test_pending_requests_are_named_last() -> None:
    pending = ReplyResult(State.PENDING, problem="no request sent yet; run vermeil annotate")
    found = tally_of(pending, pending, pending, ReplyResult(State.REFUSED, problem="declined"))
    first, problem, *_, advice = found.describe("documents").splitlines()
    assert first.endswith("1 refused, 3 pending")
    assert problem == "most frequent problem (1 times): declined"
    assert "teacher.prompt" in advice


@pytest.mark.parametrize("kind", [*State, "off_schema", "unplaced"])
def test_there_is_advice_for_every_kind_of_failure(kind: str) -> None:
    if kind not in (State.DONE, State.EMPTY):
        assert "what to do: " in Usability(0, {str(kind): 1}).describe("requests")


def test_numbers_survive_json_and_sums() -> None:
    one = Usability(1, {"failed": 2}, {"a": 2})
    other = Usability(3, {"failed": 1, "refused": 1}, {"a": 1, "b": 1})
    both = one + other
    assert both == Usability(4, {"failed": 3, "refused": 1}, {"a": 3, "b": 1})
    again = Usability.from_dict(both.as_dict())
    assert (again.usable, again.failures, again.problems) == (4, both.failures, {"a": 3})
    assert Usability.from_dict(Usability().as_dict()) == Usability()


def test_nothing_usable_needs_at_least_one_failure() -> None:
    assert not Usability().is_nothing_usable
    assert not Usability(1, {"failed": 9}).is_nothing_usable
    assert Usability(0, {"failed": 1}).is_nothing_usable


def test_error_of_a_stopped_run_can_be_sent_to_another_process() -> None:
    error = stopped_error(Usability(0, {"refused": 5}, {"declined": 5}), 5)
    again = pickle.loads(pickle.dumps(error))
    assert str(again) == str(error)
    assert (again.failures, again.problems) == ({"refused": 5}, {"declined": 5})
