"""Relations on the page: add them by dragging and by keys, accept, remove."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

pytest.importorskip("fastapi")

from tests.review_page import marked, press, review_host, wait_document, wait_saved

from vermeil.corpora import read_corpus
from vermeil.data.document import Annotation, Document
from vermeil.data.relation import Relation
from vermeil.tasks import make_task
from vermeil.tasks.config import RelationConfig, TaskConfig
from vermeil.tasks.protocol import Task

if TYPE_CHECKING:
    from playwright.sync_api import Page

OpenPage = Callable[..., "Page"]


@pytest.fixture
def related_task() -> Task:
    types = {
        "lives_in": {"head": ["PER"], "tail": ["LOC"], "description": "home"},
        "knows": {"head": ["PER"], "tail": ["PER"]},
    }
    values = {"name": "relations", "labels": {"PER": {}, "LOC": {}}, "relations": types}
    return make_task(TaskConfig.model_validate(values))


def related(*relations: Relation) -> Document:
    spans = (("Ann", "PER"), ("Bo", "PER"), ("Rome", "LOC"))
    document = marked("a", "Ann and Bo live in Rome.", *spans)
    return document.with_annotation(Annotation(document.spans, relations=relations))


def relations_of(folder: Path) -> list[tuple[str, str, str]]:
    (gold,) = read_corpus(folder / "gold.jsonl")
    spans = [gold.text[span.start : span.end] for span in gold.spans or ()]
    return [(spans[r.head], r.label, spans[r.tail]) for r in gold.annotation.relations or ()]


def test_relations_are_made_by_keys_and_removed_in_the_panel(
    open_page: OpenPage, tmp_path: Path, related_task: Task
) -> None:
    with review_host([related(Relation(1, 2, "lives_in"))], related_task, tmp_path) as host:
        page = open_page(host.addresses("ann"))
        assert page.locator("#arcs path.suggested").count() == 1
        press(page, "n p h n n 1")  # Ann lives in Rome
        wait_saved(page)
        press(page, "p h n 2")  # Rome is no person
        page.wait_for_selector("#problem:not([hidden])")
        press(page, "Escape n n")
        page.get_by_role("button", name="Remove").click()  # that of Bo
        wait_saved(page)
        press(page, "Escape Enter")
        wait_document(page, "")
    assert relations_of(tmp_path) == [("Ann", "lives_in", "Rome")]


def test_relations_are_made_by_dragging_from_span_to_span(
    open_page: OpenPage, tmp_path: Path, related_task: Task
) -> None:
    with review_host([related()], related_task, tmp_path) as host:
        page = open_page(host.addresses("ann"))
        tags = page.locator("#text .tag")
        for head, tail in ((0, 1), (1, 2)):
            tags.nth(head).hover()
            page.mouse.down()
            box = tags.nth(tail).bounding_box()
            assert box is not None
            page.mouse.move(box["x"] + 4, box["y"] + 4, steps=4)
            assert page.locator("#arcs path.dragged").count() == 1
            page.mouse.up()
            wait_saved(page)
        assert page.locator("#arcs path.accepted").count() == 2
        press(page, "Enter")
        wait_document(page, "")
    assert relations_of(tmp_path) == [("Ann", "knows", "Bo"), ("Bo", "lives_in", "Rome")]


def test_a_relation_of_a_rejected_span_is_not_gold(
    open_page: OpenPage, tmp_path: Path, related_task: Task
) -> None:
    with review_host([related(Relation(0, 2, "lives_in"))], related_task, tmp_path) as host:
        page = open_page(host.addresses("ann"))
        press(page, "r Enter")
        wait_document(page, "")
    assert relations_of(tmp_path) == []


def test_a_symmetric_relation_has_no_arrow_and_begins_at_the_first_span(
    open_page: OpenPage, tmp_path: Path, related_task: Task
) -> None:
    near = {"near": RelationConfig(head=("PER",), tail=("LOC",), symmetric=True)}
    types = {**related_task.config.relations, **near}
    task = make_task(related_task.config.model_copy(update={"relations": types}))
    with review_host([related(Relation(0, 2, "lives_in"))], task, tmp_path) as host:
        page = open_page(host.addresses("ann"))
        press(page, "p h p 3")  # from Rome to Bo, against the order of the type
        wait_saved(page)
        assert "Bo – near – Rome" in page.inner_text("#details")
        press(page, "n h p 3")  # the same pair in the other direction adds nothing
        wait_saved(page)
        arrows = page.locator("#arcs > path").evaluate_all(
            "all => all.map(p => !!p.getAttribute('marker-end'))"
        )
        assert sorted(arrows) == [False, True]
        press(page, "Enter")
        wait_document(page, "")
    assert sorted(relations_of(tmp_path)) == [("Ann", "lives_in", "Rome"), ("Bo", "near", "Rome")]
