"""``vermeil run --until`` as a user runs it: rounds of a process, an annotator, a teacher."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("fastapi")

from tests.loop_runs import LoopProcess, answers, review, write_project
from tests.review_page import spans_of

from vermeil.corpora import read_corpus

StartLoop = Callable[..., LoopProcess]
ROUNDS = ("--review", "--no-browser", "--json", "--set")


def loop_folder(folder: Path) -> Path:
    return folder / "vermeil-run" / "loop"


def gold_of(folder: Path) -> dict[str, list[tuple[str, str]]]:
    return {d.id: spans_of(d) for d in read_corpus(loop_folder(folder) / "gold.jsonl")}


def attempts(vermeil: Any) -> int:
    done = vermeil("replies", "spending", "--json")
    return int(json.loads(done.stdout)["attempts"])


def test_rounds_until_the_number_of_documents_is_reached(
    start_loop: StartLoop, tmp_path: Path, newswire: Path, recorded: str, vermeil: Any
) -> None:
    write_project(tmp_path, newswire)
    known = answers(newswire)
    loop = start_loop(tmp_path, "--until", "documents=12,minutes=60", *ROUNDS, recorded)
    done = []
    for number in (1, 2):
        client = loop.annotator()
        assert client.get("/api/task").body["round"] == number
        done += review(client, known)
        assert client.post("/api/end").body == {"ended": True}
    assert loop.end() == 0, "".join(loop.printed)
    report = loop.report
    assert report["stopped"] == "reached: gold documents: 12 of 12"
    assert report["is_finished"]
    assert json.loads((loop_folder(tmp_path) / "loop.json").read_text()) == report
    first, second = report["rounds"]
    assert [one["gold"] for one in (first, second)] == [9, 12]
    assert [one["silver"] for one in (first, second)] == [16, 16]
    assert second["minutes"] == pytest.approx(0.6)
    assert 0 < first["dollars"] == second["dollars"]
    assert first["interval"][0] <= first["f1"] <= first["interval"][1]
    assert second["gain"] == pytest.approx(second["f1"] - first["f1"])
    assert second["advice"]["kind"] == "more_gold"
    assert len(set(done)) == 6
    gold = gold_of(tmp_path)
    assert {name: gold[name] for name in done} == {name: spans_of(known[name]) for name in done}
    assert attempts(vermeil) == 16
