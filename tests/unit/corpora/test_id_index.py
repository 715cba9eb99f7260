"""Repeated ids are found, also if most ids are in a temporary file."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vermeil.corpora import read_corpus
from vermeil.corpora.config import CorpusConfig
from vermeil.corpora.id_index import IdIndex
from vermeil.data.document import Document
from vermeil.errors import DataError


@given(st.lists(st.text(min_size=1, max_size=3), max_size=30), st.integers(0, 10))
def test_the_error_about_a_repeated_id_names_its_first_line(ids: list[str], in_memory: int) -> None:
    before: dict[str, int] = {}
    with IdIndex(in_memory) as index:
        for line, name in enumerate(ids, start=1):
            if name in before:
                with pytest.raises(DataError) as caught:
                    index.add(Document(name, ""), line)
                assert f"(first in line {before[name]})" in str(caught.value)
                return
            index.add(Document(name, ""), line)
            before[name] = line
        assert bool(index) is bool(ids)


def test_files_have_no_line() -> None:
    with IdIndex(in_memory=0) as index:
        index.add(Document("a", ""), None)
        with pytest.raises(DataError, match=r"the id 'a' is repeated; ids"):
            index.add(Document("a", ""), None)


@pytest.mark.slow
def test_a_repeated_id_far_into_a_large_corpus_names_both_lines(tmp_path: Path) -> None:
    path = tmp_path / "large.jsonl"
    names = [f"d{i}" for i in range(120_000)] + ["d110000"]
    path.write_text("".join(f'{{"id": "{name}", "text": "x"}}\n' for name in names), "utf-8")
    with pytest.raises(DataError, match=r"large.jsonl:120001: the id 'd110000' .*line 110001"):
        for _ in read_corpus(CorpusConfig(path=path)):
            pass
