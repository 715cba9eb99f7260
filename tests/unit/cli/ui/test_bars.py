import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from vermeil.cli.ui.bars import clock_time, detail_parts, fitting, shown_bars


def last_lines(width: int, number: int) -> list[str]:
    file = io.StringIO()
    console = Console(file=file, force_terminal=True, width=width, color_system=None)
    with shown_bars(console) as progress:
        progress("to send", 140, 140, {"host": "127.0.0.1", "characters": 1234567})
        progress("annotate", 1, 140_000, {})
        progress("annotate", 14_000, 140_000, {"failed": 0, "requests/s": 7.8, "host": "127.0.0.1"})
        progress("locate", 176, None, {})
        progress("train", 23, 86, {"gold_share": 0.3, "loss": 1.923})
    text = file.getvalue().replace("\x1b[?25h", "").replace("\x1b[2K", "").rstrip()
    return text.split("\n")[-number:]


@pytest.mark.parametrize("width", [80, 120])
def test_counts_and_times_are_never_cut(width: int) -> None:
    lines = last_lines(width, 3)
    assert "…" not in "".join(lines)
    assert "14,000/140,000 0:00" in lines[0]
    assert "failed 0" in lines[0]
    assert "loss 1.923" in lines[2]
    assert max(map(len, lines)) <= width


def test_stage_of_unknown_length_ends_when_the_next_one_begins() -> None:
    assert "176/176" in last_lines(80, 3)[1]


def test_important_details_come_first() -> None:
    parts = detail_parts({"gold_share": 0.25, "loss": 1.5, "seconds left": 3.0, "cost": "$1"})
    assert parts == ("loss 1.5", "cost $1", "gold share 0.25")


@given(st.lists(st.text("abc ", min_size=1), max_size=6), st.integers(0, 40))
def test_fitting_details_keep_whole_parts(parts: list[str], width: int) -> None:
    line = fitting(parts, width)
    assert len(line) <= width
    assert line == "" or all(part in line for part in parts if part == line)


def test_times_have_hours_only_if_needed() -> None:
    assert [clock_time(n) for n in (0, 59.6, 3599, 3600)] == ["0:00", "1:00", "59:59", "1:00:00"]
