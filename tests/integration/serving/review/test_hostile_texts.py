"""Markup in texts, labels, ids and replies is shown as text, and nothing of it runs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("fastapi")

from tests.review_page import press, review_host, spans_of, wait_document

from vermeil.corpora import read_corpus
from vermeil.data.document import Annotation, Document, Span
from vermeil.tasks import make_task
from vermeil.tasks.config import TaskConfig

if TYPE_CHECKING:
    from playwright.sync_api import Page

OpenPage = Callable[..., "Page"]

ATTACKS = (
    "<img src=x onerror=window.attacked=1>",
    "<script>window.attacked=1</script>",
    '"><svg onload=window.attacked=1>',
    "javascript:window.attacked=1",
    "{{constructor.constructor('window.attacked=1')()}}",
    "</textarea><iframe srcdoc='<script>parent.attacked=1</script>'>",
)


@pytest.mark.parametrize("attack", ATTACKS)
def test_markup_is_text_everywhere(attack: str, open_page: OpenPage, tmp_path: Path) -> None:
    labels: dict[str, Any] = {attack: {"description": attack}, "LOC": {}}
    task = make_task(TaskConfig.model_validate({"labels": labels, "guidelines": attack}))
    text = f"{attack} left Rome. {attack}"
    span = Span(0, len(attack), attack, score=0.5, origin=attack)
    document = Document(attack, text, attack, annotation=Annotation(spans=(span,)))
    documents = [document, Document("next", attack)]
    with review_host(documents, task, tmp_path, teacher_words=lambda _: [attack, text]) as host:
        page = open_page(host.addresses("ann"))
        press(page, "t n g")
        page.wait_for_selector("#dialog[open]")
        press(page, "Escape 1 o")
        page.wait_for_selector("#dialog[open] strong")
        press(page, "Escape x")
        page.fill("#reason", attack)
        press(page, "Escape m")
        page.wait_for_selector("#dialog[open] table")
        press(page, "Escape")
        plain = page.evaluate(
            """() => [...document.querySelectorAll("#text .chunk")].map(chunk => {
              const copy = chunk.cloneNode(true);
              copy.querySelectorAll(".tag").forEach(tag => tag.remove());
              return copy.textContent; }).join("")"""
        )
        assert plain == text
        assert attack in page.inner_text("#labels")
        assert attack in page.locator("#evidence pre").first.inner_text()
        page.locator("#span-list summary").click()
        assert (
            page.locator("#spans button").first.text_content() == f"1. {attack}: {attack}, accepted"
        )
        page.locator("#text").focus()
        assert page.locator("#text img, #text script, #text svg, iframe, aside img").count() == 0
        press(page, "Enter")
        wait_document(page, "next")
        assert page.evaluate("window.attacked") is None
    (gold,) = read_corpus(tmp_path / "gold.jsonl")
    assert spans_of(gold) == [(attack, attack)]


def test_the_policy_stops_a_script_that_was_inserted(open_page: OpenPage, tmp_path: Path) -> None:
    task = make_task(TaskConfig.model_validate({"labels": {"PER": {}}}))
    with review_host([Document("a", "Ann left.")], task, tmp_path) as host:
        page = open_page(host.addresses("ann"))
        found = page.evaluate(
            """() => { try { document.body.innerHTML = "<img src=x onerror=1>"; return "set"; }
            catch (error) { return error.name; } }"""
        )
        assert found == "TypeError"
