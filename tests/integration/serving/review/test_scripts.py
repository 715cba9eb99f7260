"""Texts of other scripts, long texts and texts without spans."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

pytest.importorskip("fastapi")

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.review_page import (
    marked,
    place_of,
    press,
    review_host,
    spans_of,
    wait_document,
)

from vermeil.corpora import read_corpus
from vermeil.corpora.utf16 import units_before
from vermeil.data.document import Document
from vermeil.tasks.protocol import Task

if TYPE_CHECKING:
    from playwright.sync_api import Page

OpenPage = Callable[..., "Page"]

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
CAFE = "cafe\u0301"


@pytest.fixture(scope="module")
def script_page(browser: object, tmp_path_factory: pytest.TempPathFactory, task: Task) -> object:
    from playwright.sync_api import Browser

    assert isinstance(browser, Browser)
    folder = tmp_path_factory.mktemp("scripts")
    with review_host([Document("a", "x")], task, folder) as host:
        page = browser.new_page()
        page.goto(host.addresses("ann"))
        page.wait_for_selector("body[data-ready]")
        yield page
        page.close()


CHARACTERS = st.characters(exclude_categories=["Cs"]) | st.sampled_from(
    "aé\U0001f600\u0301\r\n\u202e"
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(CHARACTERS, max_size=40))
def test_offsets_of_the_page_are_those_of_the_server(script_page: Page, text: str) -> None:
    """The page counts UTF-16 units, the server code points; both agree on every position."""
    units, points, parts = script_page.evaluate(
        """async text => {
          const { Offsets } = await import("/assets/offsets.js");
          const offsets = new Offsets(text);
          const all = Array.from({ length: offsets.length + 1 }, (_, at) => at);
          const units = all.map(at => offsets.toUnit(at));
          const points = Array.from({ length: text.length + 1 }, (_, at) => offsets.toPoint(at));
          return [units, points, all.slice(1).map(at => offsets.slice(at - 1, at))];
        }""",
        text,
    )
    expected = units_before(text)
    assert units == expected
    assert parts == list(text)
    for unit, point in enumerate(points):
        assert expected[point] <= unit
        assert point == len(text) or unit < expected[point + 1]


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(CHARACTERS, min_size=1, max_size=30))
def test_a_boundary_moved_by_characters_never_splits_one(script_page: Page, text: str) -> None:
    """Growing to the end and shrinking back passes the same boundaries, within the text."""
    grown, shrunk = script_page.evaluate(
        """async text => {
          const { Offsets } = await import("/assets/offsets.js");
          const { Boundaries } = await import("/assets/boundaries.js");
          const boundaries = new Boundaries(new Offsets(text), []);
          const walk = (range, grow) => {
            const found = [];
            for (let at = range; at !== null; at = boundaries.moved(at, "end", "character", grow))
              found.push(at[1]);
            return found;
          };
          const first = boundaries.toGraphemes(0, 1);
          const grown = walk(first, true);
          return [grown, walk([0, grown.at(-1)], false)];
        }""",
        text,
    )
    assert grown[-1] == len(text)
    assert shrunk == grown[::-1]


def test_emoji_and_combining_characters(open_page: OpenPage, tmp_path: Path, task: Task) -> None:
    text = f"{FAMILY} Ann\U0001f600 in {CAFE} Rome."
    with review_host([marked("a", text, ("Ann", "PER"))], task, tmp_path) as host:
        page = open_page(host.addresses("ann"))
        press(page, "n d s s")  # the emoji behind Ann; the blank and the whole family before it
        page.mouse.dblclick(*place_of(page, CAFE))
        press(page, "2 D Enter")  # without the last character: e and its accent
        wait_document(page, "")
    (gold,) = read_corpus(tmp_path / "gold.jsonl")
    assert spans_of(gold) == [(f"{FAMILY} Ann\U0001f600", "PER"), ("caf", "LOC")]


@pytest.mark.parametrize(
    "text", ["سافرت آن إلى روما أمس", "אן נסעה לרומא אתמול", "Mail (مرحبا Ann) left"]
)
def test_texts_from_right_to_left(
    text: str, open_page: OpenPage, tmp_path: Path, task: Task
) -> None:
    words = text.split()
    with review_host([Document("a", text)], task, tmp_path) as host:
        page = open_page(host.addresses("ann"))
        page.mouse.dblclick(*place_of(page, words[0]))
        page.keyboard.press("1")
        forward = "ArrowRight" if text[0].isascii() else "ArrowLeft"
        press(page, f"{forward} 2 Enter")  # the arrow points to the next word on the screen
        wait_document(page, "")
    (gold,) = read_corpus(tmp_path / "gold.jsonl")
    second = "(" if "(" in text else words[1]
    assert spans_of(gold) == [(words[0], "PER"), (second, "LOC")]


def test_a_long_text_is_marked_at_its_end(open_page: OpenPage, tmp_path: Path, task: Task) -> None:
    text = "Lorem \U0001f600 ipsum dolor. " * 1000 + "Rome"
    with review_host([Document("a", text)], task, tmp_path) as host:
        page = open_page(host.addresses("ann"))
        page.evaluate("scrollTo(0, document.body.scrollHeight)")
        page.mouse.dblclick(*place_of(page, "Rome"))
        press(page, "2 Enter")
        wait_document(page, "")
    (gold,) = read_corpus(tmp_path / "gold.jsonl")
    assert len(text) > 20_000
    assert spans_of(gold) == [("Rome", "LOC")]


def test_a_document_without_spans_and_an_empty_one_are_annotated_as_empty(
    open_page: OpenPage, tmp_path: Path, task: Task
) -> None:
    with review_host([Document("a", "Nothing."), Document("b", "")], task, tmp_path) as host:
        page = open_page(host.addresses("ann"))
        press(page, "n a")
        page.wait_for_selector("#problem:not([hidden])")
        press(page, "Enter Enter")
        wait_document(page, "")
    assert {d.id: d.spans for d in read_corpus(tmp_path / "gold.jsonl")} == {"a": (), "b": ()}
