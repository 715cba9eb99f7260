"""The list of all spans: each is reachable by keyboard and announced."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

pytest.importorskip("fastapi")

from tests.review_page import marked, press, review_host, wait_document, wait_saved

from vermeil.tasks.protocol import Task

if TYPE_CHECKING:
    from playwright.sync_api import Page

OpenPage = Callable[..., "Page"]

TEXT = "Ann met Bo in Rome."
SPANS = (("Ann", "PER"), ("Bo", "LOC"), ("Rome", "LOC"))


def test_every_span_is_a_named_button_that_selects_it(
    open_page: OpenPage, tmp_path: Path, task: Task
) -> None:
    with review_host([marked("a", TEXT, *SPANS)], task, tmp_path) as host:
        page = open_page(host.addresses("ann"))
        assert page.inner_text("#span-list summary").startswith("All spans (3)")
        press(page, "k")
        buttons = page.get_by_role("list", name="Spans of the document").get_by_role("button")
        assert buttons.all_inner_texts() == [
            "1. Ann: PER, suggested",
            "2. Bo: LOC, suggested",
            "3. Rome: LOC, suggested",
        ]
        press(page, "Tab Enter")
        assert buttons.nth(1).get_attribute("aria-current") == "true"
        assert page.inner_text("#live") == "Bo: LOC, suggested, 2 of 3"
        focused = "document.activeElement.textContent"
        assert page.evaluate(focused) == "2. Bo: LOC, suggested"
        press(page, "1")  # keys of the page work on the list, and the focus stays
        wait_saved(page)
        assert page.evaluate(focused) == "2. Bo: PER, accepted"
        assert page.locator("#spans [aria-current=true]").count() == 1


def test_the_list_follows_added_and_removed_spans(
    open_page: OpenPage, tmp_path: Path, task: Task
) -> None:
    documents = [marked("a", TEXT, SPANS[0]), marked("b", "No name.")]
    with review_host(documents, task, tmp_path) as host:
        page = open_page(host.addresses("ann"))
        press(page, "k ArrowRight ArrowRight 1")  # the word after Ann's neighbour is marked
        wait_saved(page)
        assert page.locator("#spans button").count() == 2
        press(page, "z")
        page.wait_for_selector("#span-count:text-is('(1)')")
        assert page.locator("#spans button").count() == 1
        page.locator("#text").focus()
        press(page, "Enter")
        wait_document(page, "b")
        assert page.locator("#span-list").is_hidden()
        press(page, "k")
        page.wait_for_selector("#problem:text('no span')")
