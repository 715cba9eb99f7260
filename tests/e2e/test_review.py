"""``vermeil review open`` as a user runs it: a process, a browser, a killed process."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("fastapi")

from tests.review_page import (
    marked,
    press,
    spans_of,
    wait_document,
    wait_saved,
)

from vermeil.corpora import read_corpus, write_corpus
from vermeil.data.document import Document

if TYPE_CHECKING:
    from playwright.sync_api import Page
    from tests.review_page import ReviewProcess

OpenPage = Callable[..., "Page"]
StartReview = Callable[..., "ReviewProcess"]

PEOPLE = ("Ann Lee", "Bo", "Cy Roy")
PLACES = ("Rome", "Oslo", "Lima")

CONFIG = """
[task]
name = "ner"
[task.labels.PER]
description = "people"
[task.labels.LOC]
[corpora]
silver = "silver.jsonl"
"""


def silver(number: int) -> list[Document]:
    """Documents with one right span, one with the wrong label, and one that is too short."""
    found = []
    for i in range(number):
        person, place = PEOPLE[i % 3], PLACES[i % 2]
        text = f"{person} met Dr Di in {place} on day {i}."
        spans = ((person, "PER"), ("Di", "PER"), (place, "PER"), ("day", "LOC"))
        found.append(marked(f"d{i:02}", text, *spans, score=0.5))
    return found


def project(folder: Path, number: int) -> list[Document]:
    documents = silver(number)
    write_corpus(documents, folder / "silver.jsonl")
    (folder / "vermeil.toml").write_text(CONFIG)
    return documents


def run(folder: Path, *words: str) -> Any:
    command = [sys.executable, "-m", "vermeil", *words]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def expected(document: Document, number: int) -> list[tuple[str, str]]:
    return [(PEOPLE[number % 3], "PER"), ("Dr Di", "PER"), (PLACES[number % 2], "LOC")]


KEYS = "a w n 2 n r"
"""Accept the person; begin Di a word earlier; the place is LOC; reject day."""


def review(page: Page, names: list[str]) -> None:
    for name in names:
        wait_document(page, name)
        press(page, f"{KEYS} Enter")


@pytest.mark.slow
def test_thirty_documents_by_keyboard_become_the_expected_gold(
    open_page: OpenPage, start_review: StartReview, tmp_path: Path
) -> None:
    documents = project(tmp_path, 30)
    process = start_review(tmp_path)
    page = open_page(process.addresses["ann"])
    review(page, [document.id for document in documents])
    wait_document(page, "")
    printed = process.interrupt()
    assert process.process.returncode == 0
    assert "gold: 30 documents; without gold: 0" in printed
    folder = tmp_path / "vermeil-run" / "review"
    gold = list(read_corpus(folder / "gold.jsonl"))
    assert [spans_of(d) for d in gold] == [expected(d, i) for i, d in enumerate(documents)]
    assert {span.origin for document in gold for span in document.spans or ()} == {"gold"}
    stats = run(tmp_path, "review", "stats", "--json")
    assert (stats["documents"], stats["conflicts"], stats["skipped"]) == (30, 0, 0)
    assert stats["sources"]["silver"] == {
        "suggested": 120,
        "right": 30,
        "changed": 60,
        "rejected": 30,
        "right_share": 0.25,
    }
    assert 0 < stats["minutes"] < 10
    imported = run(
        tmp_path,
        *("review", "import", "vermeil-run/review/decisions.jsonl", "--silver", "silver.jsonl"),
        *("--output", "again.jsonl", "--json"),
    )
    assert imported["accepted"] == 30
    again = (tmp_path / "again.jsonl").read_bytes()
    assert again == (folder / "gold.jsonl").read_bytes()


@pytest.mark.slow
def test_a_reload_and_a_killed_process_lose_no_decision(
    open_page: OpenPage, start_review: StartReview, tmp_path: Path
) -> None:
    documents = project(tmp_path, 4)
    names = [document.id for document in documents]
    process = start_review(tmp_path)
    page = open_page(process.addresses["ann"])
    review(page, names[:1])
    wait_document(page, names[1])
    press(page, "a w")
    wait_saved(page)
    page.reload()
    page.wait_for_selector("body[data-ready]")
    assert page.locator(".tag").all_inner_texts()[:2] == ["PER 0.50 ✓", "PER 0.50 ✓"]
    press(page, "2")
    wait_saved(page)
    process.kill()
    log = tmp_path / "vermeil-run" / "review" / "decisions.jsonl"
    complete = log.read_bytes()
    log.write_bytes(complete + complete.splitlines(keepends=True)[-1][:40])  # a torn last line
    again = start_review(tmp_path)
    page = open_page(again.addresses["ann"])
    assert page.get_attribute("body", "data-document") == names[1]
    assert page.locator(".tag.accepted").count() == 3
    press(page, "v r Enter")
    review(page, names[2:])
    wait_document(page, "")
    again.interrupt()
    assert log.read_bytes().startswith(complete)
    gold = list(read_corpus(log.with_name("gold.jsonl")))
    assert [spans_of(d) for d in gold] == [expected(d, i) for i, d in enumerate(documents)]


def test_the_order_of_rank_and_a_file_without_configuration(
    start_review: StartReview, tmp_path: Path
) -> None:
    from tests.review_page import Client

    documents = silver(5)
    write_corpus(documents, tmp_path / "silver.jsonl")
    order = [{"id": name, "place": 1} for name in ("d03", "d01", "other")]
    (tmp_path / "order.jsonl").write_text("\n".join(json.dumps(one) for one in order))
    process = start_review(
        tmp_path, "silver.jsonl", "--ids", "order.jsonl", annotators=("ann", "bo")
    )
    base = process.addresses["ann"].partition("/?")[0]
    taken = []
    for address in process.addresses.values():
        client = Client(base)
        client.get(address.removeprefix(base))
        taken.append(client.post("/api/next").body["next"])
    printed = process.interrupt()
    assert taken == ["d03", "d01"]
    assert "no document was reviewed" in printed
    assert not (tmp_path / "vermeil-review" / "gold.jsonl").exists()


@pytest.mark.parametrize(
    ("words", "code", "problem"),
    [
        ((), 2, "name the file to review"),
        (("none.jsonl",), 3, "none.jsonl"),
        (("silver.jsonl", "--host", "0.0.0.0"), 2, "--token"),
        (("silver.jsonl", "--annotator", "a", "--annotator", "a"), 2, "each annotator once"),
        (("plain.txt",), 2, "there are no labels"),
    ],
)
def test_a_problem_is_named_before_the_page_opens(
    words: tuple[str, ...], code: int, problem: str, tmp_path: Path
) -> None:
    write_corpus(silver(1), tmp_path / "silver.jsonl")
    (tmp_path / "plain.txt").write_text("Ann left.\n")
    command = [sys.executable, "-m", "vermeil", "review", "open", "--no-browser", *words]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stderr
    assert problem in " ".join(done.stderr.split())


def test_statistics_without_a_review_name_the_file(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "vermeil", "review", "stats"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert "decisions.jsonl" in done.stderr
