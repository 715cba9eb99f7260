"""Review by keyboard and mouse in a real browser: what is pressed is what is stored."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

pytest.importorskip("fastapi")

from tests.review_page import (
    marked,
    place_of,
    press,
    review_host,
    spans_of,
    wait_document,
    wait_saved,
)

from vermeil.corpora import read_corpus
from vermeil.data.document import Annotation, Document
from vermeil.tasks import make_task
from vermeil.tasks.config import TaskConfig
from vermeil.tasks.protocol import Task

if TYPE_CHECKING:
    from playwright.sync_api import Page

OpenPage = Callable[..., "Page"]


def gold_of(folder: Path) -> dict[str, list[tuple[str, str]]]:
    return {d.id: spans_of(d) for d in read_corpus(folder / "gold.jsonl")}


def test_accept_reject_relabel_and_finish(open_page: OpenPage, tmp_path: Path, task: Task) -> None:
    text = "Ann Lee met Bo in Rome and Oslo."
    spans = (("Ann Lee", "PER"), ("Bo", "LOC"), ("Rome", "LOC"), ("Oslo", "LOC"))
    with review_host([marked("a", text, *spans), marked("b", "Bo left.")], task, tmp_path) as host:
        page = open_page(host.addresses("ann"))
        press(page, "a 1 n r Enter")  # accept Ann Lee; Bo is PER; reject Rome; accept Oslo
        wait_document(page, "b")
        press(page, "ArrowRight 1 Enter")  # mark the first word
        wait_document(page, "")
    assert gold_of(tmp_path) == {
        "a": [("Ann Lee", "PER"), ("Bo", "PER"), ("Oslo", "LOC")],
        "b": [("Bo", "PER")],
    }


@pytest.mark.parametrize(
    ("keys", "surface"),
    [
        ("e", "Lee Roy"),
        ("w", "Ann Lee"),
        ("w e E", "Ann Lee"),
        ("e W", "Roy"),
        ("D", "Le"),
        ("s", " Lee"),
        ("d d", "Lee R"),
        ("S D", "e"),
    ],
)
def test_boundaries_move_by_word_and_character(
    keys: str, surface: str, open_page: OpenPage, tmp_path: Path, task: Task
) -> None:
    with review_host([marked("a", "Ann Lee Roy left.", ("Lee", "PER"))], task, tmp_path) as host:
        page = open_page(host.addresses("ann"))
        press(page, f"n {keys} Enter")
        wait_document(page, "")
    assert gold_of(tmp_path) == {"a": [(surface, "PER")]}


def test_undo_and_redo_outlive_a_reload(open_page: OpenPage, tmp_path: Path, task: Task) -> None:
    spans = (("Ann", "PER"), ("Rome", "LOC"))
    with review_host([marked("a", "Ann left Rome.", *spans)], task, tmp_path) as host:
        page = open_page(host.addresses("ann"))
        press(page, "a r z")
        page.wait_for_selector(".tag.suggested")
        assert page.locator(".tag.suggested").inner_text() == "LOC ?"
        page.reload()
        page.wait_for_selector("body[data-ready]")
        press(page, "z z")  # the second one finds nothing to undo, the first one restores Ann
        page.wait_for_selector("#problem:not([hidden])")
        assert page.locator(".tag.suggested").count() == 2
        press(page, "y y Enter")
        wait_document(page, "")
    assert gold_of(tmp_path) == {"a": [("Ann", "PER")]}


def test_skip_with_reason_and_flag(open_page: OpenPage, tmp_path: Path, task: Task) -> None:
    with review_host([marked("a", "Ann left."), marked("b", "Bo left.")], task, tmp_path) as host:
        page = open_page(host.addresses("ann"))
        press(page, "f x 2")
        wait_document(page, "b")
        press(page, "x")
        page.fill("#reason", "two languages")
        page.keyboard.press("Enter")
        wait_document(page, "")
        stats = host.client().get("/api/stats").body
        press(page, "b b")
        wait_document(page, "a")
        assert page.get_attribute("#flag", "aria-pressed") == "true"
    assert (stats["skipped"], stats["flagged"]) == (2, 1)
    assert stats["reasons"] == {"two languages": 1, "wrong language": 1}
    rest = {d.id: d.meta["review"]["reason"] for d in read_corpus(tmp_path / "rest.jsonl")}
    assert rest == {"a": "skipped", "b": "skipped"}


def test_mouse_marks_words_by_drag_and_double_click(
    open_page: OpenPage, tmp_path: Path, task: Task
) -> None:
    with review_host([marked("a", "Ann Lee left Rome today.")], task, tmp_path) as host:
        page = open_page(host.addresses("ann"))
        page.mouse.move(*place_of(page, "Ann"))
        page.mouse.down()
        page.mouse.move(*place_of(page, "Lee"), steps=4)
        page.mouse.up()
        page.keyboard.press("1")
        page.mouse.dblclick(*place_of(page, "Rome"))
        page.keyboard.press("2")
        page.locator(".tag", has_text="PER").click()
        assert "Ann Lee" in page.inner_text("#details")
        press(page, "Enter")
        wait_document(page, "")
    assert gold_of(tmp_path) == {"a": [("Ann Lee", "PER"), ("Rome", "LOC")]}


def test_same_text_is_repeated_after_a_preview(
    open_page: OpenPage, tmp_path: Path, task: Task
) -> None:
    documents = [
        marked("a", "Rome beat Rome B, Romeo lost.", ("Rome", "PER")),
        marked("b", "In Rome.", ("Rome", "PER")),
        marked("c", "No town."),
    ]
    with review_host(documents, task, tmp_path) as host:
        page = open_page(host.addresses("ann"))
        press(page, "n 2 o")
        page.wait_for_selector("#dialog[open] li")
        shown = page.locator("#dialog li").all_inner_texts()
        assert [one.split(":")[0] for one in shown] == ["a", "b"]
        press(page, "1")
        page.wait_for_selector(".tag.accepted >> nth=1")
        press(page, "Enter")
        wait_document(page, "b")
        assert page.locator(".tag").inner_text() == "LOC ✓"
        press(page, "Enter Enter")
        wait_document(page, "")
    expected = {"a": [("Rome", "LOC"), ("Rome", "LOC")], "b": [("Rome", "LOC")], "c": []}
    assert gold_of(tmp_path) == expected


def test_texts_are_classified_by_keys(open_page: OpenPage, tmp_path: Path, topics: Task) -> None:
    documents = [
        Document("a", "They won 3 to 1.", annotation=Annotation(labels=("trade",))),
        Document("b", "Oil prices rose."),
    ]
    with review_host(documents, topics, tmp_path) as host:
        page = open_page(host.addresses("ann"))
        press(page, "1 Enter")
        wait_document(page, "b")
        press(page, "Enter")  # no label yet
        page.wait_for_selector("#problem:not([hidden])")
        press(page, "2 Enter")
        wait_document(page, "")
    gold = {d.id: d.labels for d in read_corpus(tmp_path / "gold.jsonl")}
    assert gold == {"a": ("sport",), "b": ("trade",)}


def test_overlapping_spans_are_shown_and_refused_at_the_end_unless_nested(
    open_page: OpenPage, tmp_path: Path, task: Task
) -> None:
    spans = (("Ann Lee", "PER"), ("Lee", "LOC"))
    with review_host([marked("a", "Ann Lee left.", *spans)], task, tmp_path) as host:
        page = open_page(host.addresses("ann"))
        inner, outer = (
            page.locator(f".span.depth-{depth}").first.evaluate(
                "node => getComputedStyle(node).paddingBottom"
            )
            for depth in (0, 1)
        )
        assert float(outer[:-2]) > float(inner[:-2])  # the line of the outer span is lower
        press(page, "Enter")
        page.wait_for_selector("#problem:not([hidden])")
        assert "nested spans" in page.inner_text("#problem")
        press(page, "n r n r n")
        wait_saved(page)
        assert page.locator(".span.rejected").count() > 0


def test_a_text_has_several_labels_or_none_if_the_task_permits_it(
    open_page: OpenPage, tmp_path: Path
) -> None:
    values = {"name": "classification", "multi_label": True, "labels": {"sport": {}, "trade": {}}}
    task = make_task(TaskConfig.model_validate(values))
    with review_host([Document("a", "Club sold."), Document("b", "Rain.")], task, tmp_path) as host:
        page = open_page(host.addresses("ann"))
        press(page, "1 2 Enter")
        wait_document(page, "b")
        press(page, "Enter")
        wait_document(page, "")
    gold = {d.id: set(d.labels or ()) for d in read_corpus(tmp_path / "gold.jsonl")}
    assert gold == {"a": {"sport", "trade"}, "b": set()}


def test_a_review_that_is_no_round_has_no_end_key(
    open_page: OpenPage, tmp_path: Path, task: Task
) -> None:
    with review_host([marked("a", "Ann left.", ("Ann", "PER"))], task, tmp_path) as host:
        page = open_page(host.addresses("ann"))
        assert page.locator("#end-round").is_hidden()
        press(page, "q")
        page.wait_for_selector("#problem:has-text('no round of vermeil run')")
        assert host.client().post("/api/end").status == 409
        press(page, "Enter")
        wait_document(page, "")
    assert gold_of(tmp_path) == {"a": [("Ann", "PER")]}


def test_the_end_of_a_round_names_different_answers(
    open_page: OpenPage, tmp_path: Path, task: Task
) -> None:
    with review_host([marked("a", "Ann left.")], task, tmp_path) as host:
        page = open_page(host.addresses("ann"))
        for conflicts in (0, 2):
            page.evaluate(
                """async conflicts => {
                  const { askEnd } = await import("/assets/dialogs.js");
                  askEnd(4, { done: 2, documents: 3, conflicts }, () => { window.ended = true; });
                }""",
                conflicts,
            )
            shown = page.inner_text("#dialog[open]")
            assert "2 of 3 documents are done" in shown
            assert ("different answers: 2. They do not become gold" in shown) == (conflicts == 2)
            press(page, "Escape")
            assert page.evaluate("window.ended") is None
