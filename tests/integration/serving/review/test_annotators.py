"""Several annotators at one queue: different documents, overlap, agreement, settlement."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("fastapi")

from tests.review_page import (
    Client,
    Host,
    marked,
    press,
    review_host,
    spans_of,
    wait_document,
)

from vermeil.corpora import read_corpus
from vermeil.data.document import Document
from vermeil.serving.review.config import ReviewConfig
from vermeil.tasks.protocol import Task

if TYPE_CHECKING:
    from playwright.sync_api import Page

OpenPage = Callable[..., "Page"]

TEXT = "Ann left Rome."
SPANS = (("Ann", "PER"), ("Rome", "LOC"))


def finish(client: Client, name: str, statuses: Sequence[str] = (), settles: bool = False) -> None:
    """Finish a document; the statuses are those of its spans in order."""
    items = client.document(name, **({"settles": "true"} if settles else {}))["items"]
    spans = [key for key, item in items.items() if item["kind"] == "span"]
    after: dict[str, Any] = {"document": {**items["document"], "state": "done"}}
    for key, status in zip(spans, statuses or ["accepted"] * len(spans), strict=True):
        after[key] = {**items[key], "status": status}
    before = {key: items[key] for key in after}
    body = {"id": name, "action": "finish", "before": before, "after": after, "settles": settles}
    found = client.post("/api/decision", {**body, "seconds": 30})
    assert found.status == 200, found.body


def take(client: Client) -> str | None:
    """Open the next document of an annotator; return its id."""
    name = client.post("/api/next").body["next"]
    if name is not None:
        client.document(name)
    return name if name is None else str(name)


def documents(number: int) -> list[Document]:
    return [marked(f"d{i}", TEXT, *SPANS) for i in range(number)]


def test_annotators_get_different_documents_and_a_share_twice(tmp_path: Path, task: Task) -> None:
    with review_host(documents(20), task, tmp_path, ReviewConfig(overlap=0.25)) as host:
        clients = {"ann": host.client("ann"), "bo": host.client("bo")}
        done: dict[str, list[str]] = {"ann": [], "bo": []}
        while True:
            names = {annotator: take(client) for annotator, client in clients.items()}
            if set(names.values()) == {None}:
                break
            for annotator, name in names.items():
                if name is not None:
                    finish(clients[annotator], name)
                    done[annotator].append(name)
        twice = set(done["ann"]) & set(done["bo"])
        assert len(twice) == 5
        assert set(done["ann"]) | set(done["bo"]) == {f"d{i}" for i in range(20)}
        assert len(done["ann"]) + len(done["bo"]) == 25
        stats = host.client("cy").get("/api/stats").body
    assert stats["agreement"]["documents"] == 5
    assert stats["agreement"]["f1"] == stats["agreement"]["kappa"] == 1
    assert stats["annotators"]["ann"]["minutes"] == pytest.approx(len(done["ann"]) / 2)


def conflict(host: Host) -> None:
    """Two annotators finish document d0 with different answers."""
    for annotator, second in (("ann", "accepted"), ("bo", "rejected")):
        client = host.client(annotator)
        client.document("d0")
        finish(client, "d0", ("accepted", second))


def test_different_answers_are_settled_on_the_page(
    open_page: OpenPage, tmp_path: Path, task: Task
) -> None:
    with review_host(documents(2), task, tmp_path, ReviewConfig(overlap=1)) as host:
        conflict(host)
        stats = host.client("cy").get("/api/stats").body
        assert (stats["conflicts"], stats["settled"]) == (1, 0)
        assert stats["agreement"]["f1"] == pytest.approx(2 / 3)
        assert host.context.save() is not None
        (left,) = read_corpus(tmp_path / "rest.jsonl")
        assert left.meta["review"]["reason"] == "disagreement"
        page = open_page(host.addresses("cy"))
        press(page, "c")
        page.wait_for_selector("#dialog[open] li")
        press(page, "1")
        page.wait_for_selector("#banner:has-text('Different answers of ann and bo')")
        assert page.locator(".tag").all_inner_texts() == ["PER ✓", "LOC ?"]
        assert "ann" in page.inner_text("#details")
        press(page, "r Enter")
        page.wait_for_selector("#counts:not(:has-text('different'))")
        stats = host.client("cy").get("/api/stats").body
    assert (stats["conflicts"], stats["settled"]) == (0, 1)
    assert stats["agreement"]["f1"] == pytest.approx(2 / 3)  # agreement is that before
    assert stats["sources"]["silver"] == {
        "suggested": 2,
        "right": 1,
        "changed": 0,
        "rejected": 1,
        "right_share": 0.5,
    }
    (gold,) = read_corpus(tmp_path / "gold.jsonl")
    assert spans_of(gold) == [("Ann", "PER")]
    assert gold.meta["review"]["annotators"] == ["cy"]


def test_two_browsers_at_once(open_page: OpenPage, tmp_path: Path, task: Task) -> None:
    with review_host(documents(6), task, tmp_path, ReviewConfig(overlap=0)) as host:
        pages = [open_page(host.addresses(name)) for name in ("ann", "bo")]
        for _ in range(3):
            shown = [page.get_attribute("body", "data-document") for page in pages]
            assert len(set(shown)) == 2
            for page in pages:
                page.keyboard.press("Enter")
            for page, name in zip(pages, shown, strict=True):
                page.wait_for_selector(f"body:not([data-document={name}])")
        for page in pages:
            wait_document(page, "")
        counts = host.client("cy").get("/api/queue").body["counts"]
    assert counts["done"] == 6
    assert len(list(read_corpus(tmp_path / "gold.jsonl"))) == 6


def test_two_tabs_of_one_annotator_do_not_overwrite_each_other(
    open_page: OpenPage, tmp_path: Path, task: Task
) -> None:
    with review_host(documents(1), task, tmp_path) as host:
        first, second = (open_page(host.addresses("ann")) for _ in range(2))
        press(first, "a")
        first.wait_for_selector("#saved:text-is('saved')")
        press(second, "r")
        second.wait_for_selector("#problem:has-text('does not continue')")
        assert second.locator(".tag").all_inner_texts() == ["PER ✓", "LOC ?"]


def test_a_changed_text_is_open_again_and_is_not_gold(
    open_page: OpenPage, tmp_path: Path, task: Task
) -> None:
    with review_host(documents(2), task, tmp_path) as host:
        client = host.client()
        for name in ("d0", "d1"):
            client.document(name)
            finish(client, name)
    later = [marked("d0", "Ann left Oslo.", ("Ann", "PER")), *documents(2)[1:]]
    with review_host(later, task, tmp_path) as host:
        assert host.client().get("/api/queue").body["counts"]["changed"] == 1
        assert host.context.save() is not None
        (left,) = read_corpus(tmp_path / "rest.jsonl")
        assert (left.text, left.meta["review"]["reason"]) == (TEXT, "text_changed")
        page = open_page(host.addresses("ann"))
        assert "has changed" in page.inner_text("#banner")
        press(page, "Enter")
        wait_document(page, "")
        assert host.client().get("/api/queue").body["counts"]["changed"] == 0
    texts = {document.id: document.text for document in read_corpus(tmp_path / "gold.jsonl")}
    assert texts == {"d0": "Ann left Oslo.", "d1": TEXT}
