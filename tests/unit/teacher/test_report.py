"""The books must balance."""

from __future__ import annotations

import pytest

from vermeil.data.reply import Reply, State, Usage
from vermeil.errors import VermeilError
from vermeil.teacher.report import RunStatistics, Tally
from vermeil.teacher.store.charges import Charge


def test_totals_that_do_not_reconcile_are_a_bug() -> None:
    ledger = RunStatistics()
    ledger.sent = 2
    ledger.tally.add("a", 0, State.DONE, None)
    with pytest.raises(VermeilError, match="do not reconcile: 2 requests") as caught:
        ledger.report(1.0)
    assert caught.value.exit_code == 1


def test_report_holds_every_state_and_the_usage() -> None:
    ledger = RunStatistics()
    ledger.sent, ledger.reused, ledger.attempts = 2, 1, 4
    ledger.record_reply(Reply("x", usage=Usage(1, 2)), Charge(3, 10**12))
    ledger.record_reply(Reply("y", usage=Usage(3, 4)), Charge(7, 10**12))
    ledger.record_charge(Charge(5, 5 * 10**11))
    for name, state in zip("abc", (State.DONE, State.EMPTY, State.FAILED), strict=True):
        ledger.tally.add(name, 0, state, "why")
    report = ledger.report(2.5)
    assert (report.requests, report.usage, report.seconds) == (3, Usage(4, 6), 2.5)
    assert report.states == {State.DONE: 1, State.EMPTY: 1, State.FAILED: 1}
    assert [p.as_dict() for p in report.problems] == [
        {"id": "c", "sample": 0, "state": "failed", "problem": "why"}
    ]


def test_examples_are_few_but_of_every_kind() -> None:
    tally = Tally()
    for number in range(100):
        tally.add(f"r{number}", 0, State.REFUSED, "no")
    tally.add("u", 0, State.UNPARSABLE, None)
    shown = [p.state for p in tally.problems]
    assert shown.count(State.REFUSED) == 5
    assert shown.count(State.UNPARSABLE) == 1
    assert tally.states == {State.REFUSED: 100, State.UNPARSABLE: 1}
