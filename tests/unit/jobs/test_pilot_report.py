"""The recommendation of a pilot."""

from __future__ import annotations

import dataclasses
import json
import tomllib
from typing import Any

import pytest

from vermeil.data.counts import Counts, MatchCounts
from vermeil.data.reply import State, Usage
from vermeil.evaluation.bootstrap import Comparison
from vermeil.jobs.piloting.report import PilotReport, Trial, Variant, recommend


def trial(
    f1_percent: int, tokens: int, cost: float | None = None, failed: int = 0, **variant: Any
) -> Trial:
    named = {
        "model": "m",
        "prompt": "standard",
        "reply_format": None,
        "demonstrations": "none",
        "count": 5,
        **variant,
    }
    return Trial(
        Variant(**named),
        {State.DONE: 8 - failed, State.UNPARSABLE: 2, **({State.FAILED: failed} if failed else {})},
        Counts({"PER": MatchCounts(f1_percent, 100, 100)}, documents=10),
        dict.fromkeys(("precision", "recall", "f1"), (f1_percent / 100 - 0.03, 0.99)),
        0.1,
        0,
        Usage(tokens * 9, tokens),
        cost,
        (0.5, 2.0),
    )


def lag(difference: float, high: float) -> Comparison:
    return Comparison(difference, difference - 0.02, high, 0.5, (difference,), 10, 100)


def report(trials: list[Trial], behind: Any) -> PilotReport:
    return PilotReport(10, tuple(trials), tuple(behind), recommend(trials, behind))


def test_the_best_is_taken_when_the_others_are_worse() -> None:
    found = report([trial(90, 100), trial(80, 10)], [None, lag(-0.1, -0.05)])
    assert found.recommended == 0
    assert "F1 0.900 (0.870 to 0.990), the best of 2." in found.recommendation


def test_a_cheaper_one_is_taken_when_it_is_as_good() -> None:
    found = report(
        [trial(90, 100, prompt="chain_of_thought"), trial(89, 25)], [None, lag(-0.01, 0.02)]
    )
    assert found.recommended == 1
    assert "costs 75% less" in found.recommendation
    assert "of 1.0 points is not significant (95 % interval -2.0 to 3.0)" in found.recommendation


def test_a_difference_above_one_point_is_never_ignored_however_small_the_sample() -> None:
    assert recommend([trial(90, 100), trial(70, 1)], [None, lag(-0.2, 0.1)]) == 0


def test_money_counts_where_all_prices_are_known_and_tokens_where_not() -> None:
    behind = [None, lag(0.0, 0.02)]
    assert recommend([trial(90, 10, cost=2.0), trial(90, 20, cost=1.0)], behind) == 1
    assert recommend([trial(90, 10, cost=2.0), trial(90, 20)], behind) == 0


def test_without_choice_there_is_no_comparison() -> None:
    assert "the only variant" in report([trial(90, 100)], [None]).recommendation


def test_failed_requests_are_in_the_recommendation() -> None:
    assert "3 requests failed" in report([trial(90, 1, failed=3)], [None]).recommendation


@pytest.mark.parametrize("reply_format", [None, "json"])
def test_the_lines_to_paste_are_toml(reply_format: str | None) -> None:
    lines = Variant('a "b"', "standard", reply_format, "nearest", 4).toml()
    parsed = tomllib.loads(lines)
    assert parsed["teacher"] == {
        "model": 'a "b"',
        "prompt": "standard",
        "demonstrations": {"kind": "nearest", "count": 4},
    }
    assert parsed.get("task", {}).get("reply_format") == reply_format


def test_unplaced_documents_count_as_not_usable() -> None:
    one = trial(90, 100)
    lost = dataclasses.replace(one, states={**one.states, State.UNPLACED: 3})
    assert (one.unparsable, lost.unparsable, lost.failed) == (0.2, 0.5, 0)


def test_it_is_all_in_the_json() -> None:
    shown = report([trial(90, 100, cost=2.0)], [None]).as_dict()
    json.dumps(shown)
    (one,) = shown["trials"]
    assert (one["unparsable"], one["unlocatable"], one["cost_per_1000"]) == (0.2, 0.1, 200.0)
    assert (one["prompt_tokens_per_1000"], one["latency_p95"]) == (90_000, 2.0)
