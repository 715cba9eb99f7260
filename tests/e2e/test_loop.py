"""``vermeil run --until`` as a user runs it: rounds of a process, an annotator, a teacher."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("fastapi")

from tests.loop_runs import LoopProcess, answers, review, write_project
from tests.review_page import press, spans_of

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


@pytest.mark.slow
def test_a_killed_round_resumes_without_a_second_request(
    start_loop: StartLoop, tmp_path: Path, newswire: Path, recorded: str, vermeil: Any
) -> None:
    write_project(tmp_path, newswire)
    known = answers(newswire)
    words = ("--until", "documents=9", *ROUNDS, recorded)
    loop = start_loop(tmp_path, *words)
    done = review(loop.annotator(), known, 2)
    loop.kill()
    log = loop_folder(tmp_path) / "round-001" / "decisions.jsonl"
    queue = (loop_folder(tmp_path) / "round-001" / "queue.jsonl").read_bytes()
    decided = log.read_bytes()
    assert attempts(vermeil) == 16
    assert not (loop_folder(tmp_path) / "loop.json").exists()

    again = start_loop(tmp_path, *words)
    client = again.annotator()
    assert (loop_folder(tmp_path) / "round-001" / "queue.jsonl").read_bytes() == queue
    done += review(client, known)
    client.post("/api/end")
    again.wait_for("train: starts")
    again.kill()
    assert log.read_bytes().startswith(decided)

    last = start_loop(tmp_path, *words)
    assert last.end() == 0, "".join(last.printed)
    assert not any("open http" in line for line in last.printed)  # the review has ended
    (only,) = last.report["rounds"]
    assert (only["gold"], only["reviewed"], only["ended"]) == (9, 3, "button")
    gold = gold_of(tmp_path)
    assert len(set(done)) == 3
    assert {name: gold[name] for name in done} == {name: spans_of(known[name]) for name in done}
    assert attempts(vermeil) == 16


@pytest.mark.slow
def test_the_minutes_end_a_round_after_the_document_and_then_the_loop(
    start_loop: StartLoop, tmp_path: Path, newswire: Path, recorded: str
) -> None:
    write_project(tmp_path, newswire)
    loop = start_loop(tmp_path, "--until", "minutes=0.5", *ROUNDS, recorded)
    done = review(loop.annotator(), answers(newswire), seconds=16)
    assert loop.end() == 0, "".join(loop.printed)
    assert len(done) == 2
    (only,) = loop.report["rounds"]
    assert (only["ended"], only["reviewed"]) == ("minutes", 2)
    assert loop.report["stopped"] == "reached: minutes of review: 0.5 of 0.5"


@pytest.mark.slow
def test_the_target_f1_is_judged_on_dev_and_ends_the_loop(
    vermeil: Any, tmp_path: Path, newswire: Path, recorded: str
) -> None:
    write_project(tmp_path, newswire)
    done = vermeil("run", "--until", "f1=0.0001", "--no-review", "--json", "--set", recorded)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["stopped"].startswith("reached: F1 on dev: 0.")
    assert report["rounds"][0]["advice"]["kind"] == "stop"
    assert report["rounds"][0]["dev"] == 6
    assert "vermeil predict" in done.stderr


@pytest.mark.slow
def test_the_dollars_are_a_hard_limit_and_end_the_loop(
    vermeil: Any, tmp_path: Path, newswire: Path, recorded: str
) -> None:
    write_project(tmp_path, newswire)
    words = ("run", "--until", "dollars=0.004", "--no-review", "--json", "--set", recorded)
    done = vermeil(*words)
    assert done.returncode == 0, done.stderr
    (only,) = json.loads(done.stdout)["rounds"]
    assert 0 < only["dollars"] <= 0.004
    assert only["over_budget"] > 0
    assert json.loads(done.stdout)["stopped"].startswith("reached: dollars spent on the teacher")
    again = vermeil(*words)
    assert json.loads(again.stdout)["stopped"].startswith("reached: dollars")


@pytest.mark.slow
def test_without_gold_the_first_round_is_the_review_of_plain_text(
    start_loop: StartLoop, tmp_path: Path, newswire: Path, recorded: str, vermeil: Any
) -> None:
    write_project(tmp_path, newswire, gold=False)
    known = answers(newswire)
    words = ("--until", "documents=6", *ROUNDS, recorded, "--set", "corpora.dev=none")
    loop = start_loop(tmp_path, *words, "--set", "loop.dev_share=0.5")
    client = loop.annotator()
    name = client.post("/api/next").body["next"]
    assert list(client.document(name)["items"]) == ["document"]  # no suggestion
    assert not (tmp_path / "vermeil-run" / "replies.sqlite").exists()
    review(client, known)
    client.post("/api/end")
    client = loop.annotator()  # from now on with silver
    review(client, known)
    client.post("/api/end")
    assert loop.end() == 0, "".join(loop.printed)
    first, second = loop.report["rounds"]
    assert (first["silver"], second["silver"] > 0) == (0, True)
    assert second["gold"] + second["dev_drawn"] == 6
    assert first["regimen"] in ("gold_only", None)
    dev = list(read_corpus(loop_folder(tmp_path) / "dev.jsonl"))
    silver = {d.text for d in read_corpus(loop_folder(tmp_path) / "silver.jsonl")}
    assert len(dev) == second["dev_drawn"]
    gold = {d.text for d in read_corpus(loop_folder(tmp_path) / "gold.jsonl")}
    assert not {d.text for d in dev} & (silver | gold)


@pytest.mark.slow
def test_a_teacher_alone_goes_on_until_the_pool_is_annotated(
    vermeil: Any, tmp_path: Path, newswire: Path, recorded: str
) -> None:
    write_project(tmp_path, newswire)
    words = ("--set", "loop.pool_documents=8", "--set", recorded, "--json")
    done = vermeil("run", "--until", "dollars=5", "--no-review", *words)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert [(one["silver"], one["pool_left"]) for one in report["rounds"]] == [(8, 8), (16, 0)]
    assert report["stopped"] == "a further round needs the review of a person"
    assert "next: vermeil run --until dollars=5 --review" in done.stderr
    assert attempts(vermeil) == 16


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ("--review", "--review: needs --until"),
        ("--annotator ann", "--annotator: needs --until"),
        ("--until documents=9 --no-review --annotator ann", "--annotator: the rounds have no rev"),
        ("--until minutes=9 --set corpora.pool=none", "corpora.pool: missing"),
        (
            "--until documents=9 --no-review --set blending.regimen=gold_only "
            "--set corpora.gold=none",
            "without a review there is nothing to train on",
        ),
    ],
)
def test_a_problem_is_named_before_any_work(
    words: str, problem: str, vermeil: Any, tmp_path: Path, newswire: Path
) -> None:
    write_project(tmp_path, newswire)
    done = vermeil("run", *words.split())
    assert done.returncode == 2, done.stderr
    assert problem in " ".join(done.stderr.split())
    assert not (tmp_path / "vermeil-run").exists()


@pytest.mark.slow
def test_a_round_in_a_real_browser_ends_with_a_key(
    start_loop: StartLoop, open_page: Any, tmp_path: Path, newswire: Path, recorded: str
) -> None:
    write_project(tmp_path, newswire)
    loop = start_loop(tmp_path, "--until", "documents=8", *ROUNDS, recorded)
    page = open_page(loop.wait_for(r"open (http://\S+)")[1])
    shown = [page.get_attribute("body", "data-document")]
    press(page, "v r Enter")
    page.wait_for_selector(f'body:not([data-document="{shown[0]}"])')
    shown.append(page.get_attribute("body", "data-document"))
    press(page, "Enter")
    page.wait_for_selector(f'body:not([data-document="{shown[1]}"])')
    press(page, "q")
    page.wait_for_selector("#dialog:has-text('2 of 3 documents are done')")
    press(page, "Escape")
    page.wait_for_selector("#dialog:not([open])", state="hidden")
    assert page.get_attribute("body", "data-ended") is None
    press(page, "q")
    page.wait_for_selector("#dialog[open]:has-text('End round 1?')")
    press(page, "q")
    page.wait_for_selector("body[data-ended]")
    assert "Training goes on in the terminal" in page.inner_text("#banner")
    assert loop.end() == 0, "".join(loop.printed)
    (only,) = loop.report["rounds"]
    assert (only["gold"], only["reviewed"], only["ended"]) == (8, 2, "button")
    assert set(shown) <= set(gold_of(tmp_path))
