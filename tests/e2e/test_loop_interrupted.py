"""``vermeil run --until`` after Ctrl-C in a real terminal, and after a killed process."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("fastapi")

from tests.loop_runs import StartLoop, answers, review, sign_in, write_project
from tests.review_page import spans_of
from tests.terminal_process import CTRL_C, StartTerminal, TerminalProcess

from vermeil.corpora import read_corpus

QUESTION = "Train on the reviewed documents now"
OPEN = r"open (http://\S+)"


def round_folder(folder: Path) -> Path:
    return folder / "vermeil-run" / "loop" / "round-001"


def interrupt_after_two(loop: TerminalProcess, newswire: Path) -> list[str]:
    """Review two of three documents and press Ctrl-C; wait for the question."""
    done = review(sign_in(loop.wait_for(OPEN)[1]), answers(newswire), 2)
    loop.type(CTRL_C)
    loop.wait_for(QUESTION)
    return done


@pytest.mark.slow
def test_ctrl_c_on_the_page_asks_and_trains(
    start_terminal: StartTerminal, tmp_path: Path, newswire: Path, recorded: str
) -> None:
    write_project(tmp_path, newswire)
    words = ("run", "--until", "documents=8", "--no-browser", "--set", recorded)
    loop = start_terminal(tmp_path, *words)  # in a terminal, --review is the default
    done = interrupt_after_two(loop, newswire)
    loop.type("\r")  # the default is to train
    loop.wait_for("stopped: reached: gold documents: 8 of 8")
    assert loop.end() == 0, loop.shown
    report = json.loads((tmp_path / "vermeil-run" / "loop" / "loop.json").read_text())
    (only,) = report["rounds"]
    assert (only["ended"], only["reviewed"], only["gold"]) == ("interrupted", 2, 8)
    assert "round 1: 2 documents became gold" in loop.shown
    assert {d.id for d in read_corpus(round_folder(tmp_path) / "gold.jsonl")} == set(done)


@pytest.mark.slow
@pytest.mark.parametrize("answer", ["n\r", CTRL_C], ids=["no", "ctrl-c"])
def test_without_consent_the_loop_stops_and_no_review_goes_on_with_what_was_finished(
    answer: str,
    start_terminal: StartTerminal,
    tmp_path: Path,
    newswire: Path,
    recorded: str,
    vermeil: Any,
) -> None:
    write_project(tmp_path, newswire)
    words = ("run", "--until", "documents=8", "--set", recorded)
    loop = start_terminal(tmp_path, *words, "--no-browser")
    done = interrupt_after_two(loop, newswire)
    loop.type(answer)
    assert loop.end() == 130, loop.shown
    assert "the same command continues" in loop.shown
    assert not (round_folder(tmp_path) / "ended.json").exists()
    assert not (tmp_path / "vermeil-run" / "model").exists()

    finished = vermeil(*words, "--no-review", "--json")
    assert finished.returncode == 0, finished.stderr
    report = json.loads(finished.stdout)
    (only,) = report["rounds"]
    assert (only["ended"], only["reviewed"], only["gold"]) == ("no_review", 2, 8)
    assert report["stopped"] == "reached: gold documents: 8 of 8"
    known, gold = answers(newswire), read_corpus(round_folder(tmp_path) / "gold.jsonl")
    assert {d.id: spans_of(d) for d in gold} == {name: spans_of(known[name]) for name in done}


@pytest.mark.slow
def test_gold_of_a_killed_review_counts_although_its_minutes_are_over(
    start_loop: StartLoop, tmp_path: Path, newswire: Path, recorded: str, vermeil: Any
) -> None:
    write_project(tmp_path, newswire)
    words = ("--review", "--no-browser", "--json", "--set", recorded, "--until")
    loop = start_loop(tmp_path, *words, "minutes=60")
    done = review(loop.annotator(), answers(newswire), 2, seconds=16)
    loop.kill()
    assert not (round_folder(tmp_path) / "gold.jsonl").exists()
    with (round_folder(tmp_path) / "decisions.jsonl").open("ab") as log:
        log.write(b'{"vermeil_review": 1, "event": "deci')  # killed while it wrote

    finished = vermeil("run", *words, "minutes=0.5")
    assert finished.returncode == 0, finished.stderr
    assert "removed 36 bytes of a last line that was not confirmed" in finished.stderr
    (only,) = json.loads(finished.stdout)["rounds"]
    assert (only["ended"], only["reviewed"], only["gold"]) == ("minutes", 2, 8)
    assert {d.id for d in read_corpus(round_folder(tmp_path) / "gold.jsonl")} == set(done)
