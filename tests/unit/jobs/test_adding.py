"""Reports of several teachers as one."""

from __future__ import annotations

from dataclasses import dataclass

from vermeil.data.reply import State, Usage
from vermeil.jobs.adding import sum_reports
from vermeil.teacher.report import RequestProblem, RequestReport


def report(number: int) -> RequestReport:
    return RequestReport(
        requests=number,
        states={State.DONE: number},
        usage=Usage(number, 1),
        seconds=0.5,
        problems=(RequestProblem(f"d{number}", 0, State.FAILED, "x"),),
    )


def test_numbers_and_names_are_added_and_lists_joined() -> None:
    summed = sum_reports([report(1), report(2)], cumulative=("spent",))
    assert (summed.requests, summed.states, summed.usage) == (3, {State.DONE: 3}, Usage(3, 2))
    assert summed.seconds == 1.0
    assert [p.document_id for p in summed.problems] == ["d1", "d2"]


def test_one_report_is_itself() -> None:
    one = report(1)
    assert sum_reports([one]) is one


def test_a_sum_with_an_unknown_number_is_unknown() -> None:
    @dataclass(frozen=True)
    class Priced:
        cost: float | None

    assert sum_reports([Priced(1.0), Priced(None)]) == Priced(None)
    assert sum_reports([Priced(1.0), Priced(2.0)]) == Priced(3.0)
