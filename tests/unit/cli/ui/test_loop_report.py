"""Rounds on the terminal: within 80 columns, with a learning curve."""

from __future__ import annotations

from dataclasses import replace

from tests.unit.pipeline.loop.test_limits import ROUND

from vermeil.cli.ui.loop_report import chart, round_lines
from vermeil.pipeline.loop.records import LoopAdvice, LoopReport

FIRST = replace(ROUND, gold=1_020, f1=0.5, interval=(0.4, 0.6))
SECOND = replace(ROUND, number=2, gold=2_040, silver=123_456, f1=0.7, interval=(0.6, 0.8))


def test_the_chart_places_f1_and_interval_on_one_scale() -> None:
    head, first, second = chart([FIRST, SECOND])
    assert head.split() == ["gold", "silver", "F1", "0.40", "0.80"]
    assert first.split()[:3] == ["1,020", "100", "0.500"]
    low = head.index("0.40")
    assert first.index("─") == low
    assert second.rindex("─") == len(head) - 1
    assert first.index("●") - low == round(0.25 * 41)
    assert second.index("●") - low == round(0.75 * 41)


def test_all_lines_fit_in_80_columns() -> None:
    advice = LoopAdvice("more_gold", "expected +2.1 points for 20 gold documents. " * 4)
    gain = replace(SECOND, gain=0.2, gain_interval=(0.1, 0.3), advice=advice)
    lines = round_lines(LoopReport((FIRST, gain)))
    assert max(map(len, lines)) <= 80
    assert any("+20.0 points over the round before (95 % +10.0 to +30.0)" in x for x in lines)
    assert any(line.startswith("advice: more gold: expected") for line in lines)


def test_a_round_without_f1_or_interval_shows_why() -> None:
    without = replace(ROUND, f1=None, interval=None)
    assert chart([without]) == []
    assert any("F1: not known" in line for line in round_lines(LoopReport((without,))))
    one_group = replace(ROUND, interval=None)
    assert any("no interval" in line for line in round_lines(LoopReport((one_group,))))
    assert len(chart([one_group])) == 2
