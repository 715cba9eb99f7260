from typing import Any

import pytest
from rich.progress import Progress, TaskID

from vermeil.cli.ui.progress import SECONDS_BETWEEN_LINES, PlainProgress, shown_progress
from vermeil.data.progress import silent


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def lines() -> list[str]:
    return []


def test_a_stage_shows_its_beginning_its_end_and_a_line_now_and_then(lines: list[str]) -> None:
    clock = Clock()
    progress = PlainProgress(lines.append, clock)
    for done in range(91):
        progress("train", done, 90, {"loss": 0.123456})
        clock.now += SECONDS_BETWEEN_LINES / 30
    assert lines == [
        "train: 0 of 90 (loss 0.1235)",
        "train: 30 of 90, about 0:30 left (loss 0.1235)",
        "train: 60 of 90, about 0:15 left (loss 0.1235)",
        "train: 90 of 90 (loss 0.1235)",
    ]


def test_what_an_earlier_process_did_does_not_count_for_the_time_left(lines: list[str]) -> None:
    clock = Clock()
    progress = PlainProgress(lines.append, clock)
    progress("train", 60, 90, {})
    clock.now += SECONDS_BETWEEN_LINES
    progress("train", 75, 90, {})
    assert lines == ["train: 75 of 90, about 0:15 left"]


def test_a_stage_of_unknown_length_shows_no_end(lines: list[str]) -> None:
    clock = Clock()
    progress = PlainProgress(lines.append, clock)
    for done in (1000, 2000, 3000):
        progress("predict", done, None, {})
        clock.now += SECONDS_BETWEEN_LINES
    assert lines == ["predict: 2,000", "predict: 3,000"]


def test_a_quick_stage_is_one_line(lines: list[str]) -> None:
    progress = PlainProgress(lines.append, Clock())
    progress("to send", 3, 3, {"host": "127.0.0.1"})
    assert lines == ["to send: 3 of 3 (host 127.0.0.1)"]


def test_a_stage_that_comes_again_begins_anew(lines: list[str]) -> None:
    progress = PlainProgress(lines.append, Clock())
    for _ in range(2):
        progress("encode", 0, 2, {})
        progress("encode", 2, 2, {})
    assert lines == ["encode: 0 of 2", "encode: 2 of 2"] * 2


def test_a_bar_that_comes_again_takes_its_own_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    reset: list[int] = []

    class Seen(Progress):
        def reset(self, task_id: TaskID, **rest: Any) -> None:
            reset.append(task_id)
            super().reset(task_id, **rest)

    monkeypatch.setattr("vermeil.cli.ui.bars.Bars", Seen)
    with shown_progress() as progress:
        for stage, done in (("fold", 0), ("train", 0), ("train", 2), ("train", 0), ("train", 1)):
            progress(stage, done, 2, {})
    assert reset == [1]


def test_quiet_shows_nothing() -> None:
    with shown_progress(quiet=True) as progress:
        assert progress is silent


def test_off_a_terminal_progress_goes_to_standard_error_in_plain_lines(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with shown_progress() as progress:
        progress("train", 2, 2, {})
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "train: 2 of 2\n")


def test_on_a_terminal_progress_is_bars_on_standard_error(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    with shown_progress() as progress:
        progress("train", 1, 2, {"loss": 0.5})
        progress("train", 2, 2, {"loss": 0.25})
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "2/2" in captured.err
    assert "loss 0.25" in captured.err
