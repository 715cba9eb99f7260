"""Rounds of a loop on the terminal: numbers, learning curve and advice within 80 columns."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vermeil.pipeline.loop.records import LoopReport, RoundRecord

_COLUMNS = 80
_WIDTH = 42
"""Columns of the chart beside the numbers."""
_ADVICE = {
    "more_gold": "more gold",
    "more_silver": "more silver",
    "another_prompt": "another prompt",
    "stop": "stop",
}


def round_lines(report: LoopReport) -> list[str]:
    """Return the lines about the last round: its numbers, the learning curve, the advice."""
    last = report.rounds[-1]
    drawn = f", and {last.dev_drawn:,} in dev" if last.dev_drawn else ""
    left = f", {last.not_gold:,} without gold" if last.not_gold else ""
    lines = [
        f"round {last.number}: {last.reviewed:,} documents became gold{left}",
        f"  gold {last.gold:,} documents{drawn}; silver {last.silver:,} documents",
        f"  {last.minutes:.1f} minutes of review, {last.dollars:.4f} dollars in all",
        *(f"  {line}" for line in _scores(last)),
        *(f"  {line}" for line in chart(report.rounds)),
    ]
    if last.advice is not None:
        text = f"advice: {_ADVICE[last.advice.kind]}: {last.advice.text}"
        lines += textwrap.wrap(text, _COLUMNS, subsequent_indent="  ", break_on_hyphens=False)
    return lines


def chart(rounds: Sequence[RoundRecord]) -> list[str]:
    """Return the learning curve as text: a line per round with F1 and its 95 % interval.

    Args:
        rounds: the rounds; those without F1 are left out.
    """
    scored = [(one, one.f1, one.interval) for one in rounds if one.f1 is not None]
    if not scored:
        return []
    ends = [end for _, f1, interval in scored for end in interval or (f1,)]
    low, high = min(ends), max(ends)
    low, high = (low, high) if high - low > 0.01 else (max(0.0, high - 0.01), high)
    left = f"{low:.2f}"
    lines = [f"{'gold':>6} {'silver':>7} {'F1':>6}  {left}{f'{high:.2f}':>{_WIDTH - len(left)}}"]
    for record, f1, interval in scored:
        start, end = ((value - low) / (high - low) for value in interval or (f1, f1))
        bar = _bar(start, (f1 - low) / (high - low), end)
        lines.append(f"{record.gold:>6,} {record.silver:>7,} {f1:>6.3f}  {bar}".rstrip())
    return lines


def _bar(start: float, middle: float, end: float) -> str:
    """Return an interval with its middle; all values are shares of the width."""
    first, own, last = (round(share * (_WIDTH - 1)) for share in (start, middle, end))
    own = min(max(own, 0), _WIDTH - 1)
    marks = ["─" if first <= place <= last else " " for place in range(_WIDTH)]
    marks[own] = "●"
    return "".join(marks)


def _scores(last: RoundRecord) -> list[str]:
    if last.f1 is None:
        return ["F1: not known, there is no student or no dev yet"]
    lines = [f"F1 on dev {last.f1:.3f} ({_range(last.interval, 1, '.3f')}; {last.dev:,} documents)"]
    if last.gain is not None:
        points = f"{100 * last.gain:+.1f} points over the round before"
        lines.append(f"{points} ({_range(last.gain_interval, 100, '+.1f')})")
    return lines


def _range(interval: tuple[float, float] | None, factor: float, form: str) -> str:
    if interval is None:
        return "no interval: dev has one group"
    return "95 % " + " to ".join(f"{factor * end:{form}}" for end in interval)
