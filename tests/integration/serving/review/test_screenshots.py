"""Screenshots of the documentation, made from the sample corpus.

With VERMEIL_SCREENSHOTS=docs/images, they are written there.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

pytest.importorskip("fastapi")

from tests.review_page import press, review_host, wait_saved
from tests.screenshots import take_screenshot

from vermeil.corpora import read_corpus
from vermeil.data.annotation_spans import with_origin
from vermeil.data.document import Document
from vermeil.serving.review.config import ReviewConfig
from vermeil.tasks import make_task
from vermeil.tasks.config import TaskConfig

if TYPE_CHECKING:
    from playwright.sync_api import Page

OpenPage = Callable[..., "Page"]

DOCS = Path(__file__).parents[4] / "docs"
LARGEST = 500_000
"""Bytes of all images of the documentation."""
LABELS = {"PER": "people", "ORG": "organisations", "LOC": "places", "MISC": "other names"}
REPLY = 'gpt-4o-mini, standard\n{"entities": [{"text": "…", "label": "PER"}]}'
TASK = make_task(
    TaskConfig.model_validate(
        {
            "labels": {name: {"description": text} for name, text in LABELS.items()},
            "guidelines": "Mark names with their whole extent, without titles.",
        }
    )
)


def documents(newswire: Path) -> list[Document]:
    """Documents with many spans, as suggestions."""
    found = list(read_corpus(newswire / "pool.gold.jsonl"))
    rich = sorted(found, key=lambda document: -len(document.spans or ()))[:6]
    return [d.with_annotation(with_origin(d.annotation, "silver")) for d in rich]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    given = os.environ.get("VERMEIL_SCREENSHOTS")
    found = Path(given) if given else tmp_path / "images"
    found.mkdir(parents=True, exist_ok=True)
    return found


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_document_in_light_and_dark(
    scheme: str, open_page: OpenPage, folder: Path, tmp_path: Path, newswire: Path
) -> None:
    with review_host(
        documents(newswire), TASK, tmp_path / "review", teacher_words=lambda _: [REPLY]
    ) as host:
        view = {"width": 1100, "height": 480}
        page = open_page(host.addresses("ann"), color_scheme=scheme, viewport=view)
        press(page, "a a r v")
        wait_saved(page)
        background = page.evaluate("getComputedStyle(document.body).backgroundColor")
        take_screenshot(page, folder / f"review-{scheme}.png")
    assert background == {"light": "rgb(255, 255, 255)", "dark": "rgb(23, 23, 27)"}[scheme]


def test_progress_with_agreement(
    open_page: OpenPage, folder: Path, tmp_path: Path, newswire: Path
) -> None:
    config = ReviewConfig(overlap=1.0)
    with review_host(documents(newswire), TASK, tmp_path / "review", config) as host:
        for name, keys in (("ann", "a r Enter a Enter Enter"), ("bo", "a a Enter r Enter Enter")):
            page = open_page(host.addresses(name), viewport={"width": 1100, "height": 640})
            press(page, keys)
            page.wait_for_selector("#counts:has-text('3 of 6')")
        press(page, "m")
        page.wait_for_selector("#dialog[open] table")
        text = page.inner_text("#dialog")
        take_screenshot(page, folder / "review-progress.png")
    assert "Cohen's kappa" in text
    assert "3, 1 identical" in text


def test_the_images_of_the_documentation_are_small() -> None:
    review = {"review-light.png", "review-dark.png", "review-progress.png"}
    assert review | {"report.png", "terminal.svg"} == {f.name for f in (DOCS / "images").iterdir()}
    images = [file for kind in ("png", "svg") for file in DOCS.rglob(f"*.{kind}")]
    assert sum(file.stat().st_size for file in images) <= LARGEST
