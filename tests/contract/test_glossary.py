"""The glossary: written from its source, and of words that the project uses."""

from __future__ import annotations

import runpy
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ENTRIES = tomllib.loads((ROOT / "docs" / "glossary.toml").read_text(encoding="utf-8"))


def test_the_page_is_written_from_the_source() -> None:
    written = runpy.run_path(str(ROOT / "tools" / "glossary.py"))["glossary"]()
    assert (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8") == written, (
        "docs/glossary.md is out of date: run `make glossary`"
    )


@pytest.mark.parametrize("word", ENTRIES)
def test_every_word_is_used_elsewhere_in_the_documents(word: str) -> None:
    pages = [
        ROOT / "README.md",
        *(p for p in (ROOT / "docs").rglob("*.md") if p.stem != "glossary"),
    ]
    texts = [page.read_text(encoding="utf-8").casefold() for page in pages]
    assert any(part in text for part in word.casefold().split(", ") for text in texts)
