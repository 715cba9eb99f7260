"""Choices within a round of ``vermeil run --until``: annotators, regimen, origin of the advice."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("fastapi")

from tests.e2e.test_plan import cell
from tests.loop_runs import StartLoop, answers, review, sign_in, write_project
from tests.review_page import press

PLAN = "[plan]\ngold_price = 0.5\nsilver_price = 0.01\nbudget = 100\nresamples = 100\n"

REVIEW = ("--review", "--no-browser", "--json")
TWO = ("--annotator", "ann", "--annotator", "bo", "--set")


@pytest.mark.slow
def test_two_annotators_share_the_documents_of_a_round(
    start_loop: StartLoop, tmp_path: Path, newswire: Path, recorded: str
) -> None:
    write_project(tmp_path, newswire)
    known = answers(newswire)
    loop = start_loop(
        tmp_path, "--until", "documents=9", *REVIEW, "--set", recorded, *TWO, "review.overlap=0"
    )
    ann, bo = (loop.annotator(name) for name in ("ann", "bo"))
    done = {"ann": review(ann, known, 1), "bo": review(bo, known)}
    assert bo.post("/api/end").body == {"ended": True}
    assert loop.end() == 0, "".join(loop.printed)
    assert not set(done["ann"]) & set(done["bo"])
    (only,) = loop.report["rounds"]
    assert (only["gold"], only["reviewed"]) == (9, 3)
    assert only["minutes"] == pytest.approx(0.3)
    log = tmp_path / "vermeil-run" / "loop" / "round-001" / "decisions.jsonl"
    events = [json.loads(line) for line in log.read_text("utf-8").splitlines()]
    assert {event["annotator"] for event in events if "annotator" in event} == {"ann", "bo"}


@pytest.mark.slow
def test_the_end_is_confirmed_while_another_annotator_works(
    start_loop: StartLoop, open_page: Any, tmp_path: Path, newswire: Path, recorded: str
) -> None:
    write_project(tmp_path, newswire)
    loop = start_loop(
        tmp_path, "--until", "documents=8", *REVIEW, "--set", recorded, *TWO, "review.overlap=0"
    )
    addresses = [loop.wait_for(rf"{name}: (http://\S+)")[1] for name in ("ann", "bo")]
    page, bo = open_page(addresses[0]), sign_in(addresses[1])
    page.wait_for_selector("body[data-document]")
    opened = bo.post("/api/next").body["next"]
    bo.document(opened)
    while shown := page.get_attribute("body", "data-document"):
        press(page, "Enter")
        page.wait_for_selector(f'body:not([data-document="{shown}"])')
    press(page, "q")
    page.wait_for_selector("#dialog[open]:has-text('2 of 3 documents are done')")
    press(page, "Escape")
    review(bo, answers(newswire), 1)
    press(page, "q")
    page.wait_for_selector("body[data-ended]")
    assert loop.end() == 0, "".join(loop.printed)


@pytest.mark.slow
def test_a_regimen_that_needs_more_gold_becomes_simple_mix_for_the_round(
    vermeil: Any, tmp_path: Path, newswire: Path, recorded: str
) -> None:
    write_project(tmp_path, newswire)
    words = ("--no-review", "--json", "--set", recorded, "--set", "blending.regimen=auto")
    done = vermeil("run", "--until", "documents=6", *words)
    assert done.returncode == 0, done.stderr
    (only,) = json.loads(done.stdout)["rounds"]
    assert only["regimen"] == "simple_mix"
    assert only["f1"] is not None
    reason = "none of the 6 gold texts is in silver"
    assert f"simple_mix, because auto is not possible in this round: {reason}" in done.stderr


@pytest.mark.slow
def test_a_study_with_prices_gives_the_advice_of_vermeil_plan(
    vermeil: Any, tmp_path: Path, newswire: Path, recorded: str
) -> None:
    write_project(tmp_path, newswire)
    with (tmp_path / "vermeil.toml").open("a", encoding="utf-8") as file:
        file.write(PLAN)
    cells = [
        cell(regimen, gold, silver, seed)
        for seed in (0, 1)
        for gold in (125, 250, 500)
        for silver in (1000, 4000)
        for regimen in ("gold_only", "simple_mix")
    ]
    study = tmp_path / "vermeil-run" / "study"
    study.mkdir(parents=True)
    (study / "results.json").write_text(json.dumps({"cells": cells}), "utf-8")
    done = vermeil("run", "--until", "documents=6", "--no-review", "--json", "--set", recorded)
    assert done.returncode == 0, done.stderr
    (only,) = json.loads(done.stdout)["rounds"]
    plan = json.loads(vermeil("plan", "--json").stdout)
    assert only["advice"]["text"].startswith(f"vermeil plan: {plan['sentences'][0]}")
    best = plan["purchase"]["options"][0]
    assert only["advice"]["kind"] == ("more_gold" if best["gold"] else "more_silver")
