"""The readers against real corpora, whose numbers are known from elsewhere."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

import pytest

from vermeil.corpora import CorpusConfig, corpus_stats, find_leaks, read_corpus, write_corpus
from vermeil.data.document import Document

# Tjong Kim Sang and De Meulder (2003), tables 1 and 2; they count -DOCSTART- as sentences, too.
CONLL2003 = {
    "train": (14041, 946, {"LOC": 7140, "PER": 6600, "ORG": 6321, "MISC": 3438}),
    "dev": (3250, 216, {"PER": 1842, "LOC": 1837, "ORG": 1341, "MISC": 922}),
    "test": (3453, 231, {"LOC": 1668, "ORG": 1661, "PER": 1617, "MISC": 702}),
}


def read(path: Path, **config: Any) -> list[Document]:
    return list(read_corpus(CorpusConfig(path=path, **config)))


@pytest.mark.parametrize("split", CONLL2003)
def test_conll2003_has_its_published_numbers(vermeil_data: Path, split: str) -> None:
    stats = corpus_stats(read(vermeil_data / "conll2003" / f"{split}.jsonl.gz"))
    assert (stats.documents, stats.groups, stats.spans) == CONLL2003[split]
    assert (stats.unannotated, stats.repaired_tags, stats.overlapping) == (0, 0, 0)


def test_the_orphan_tags_of_a_real_teacher_are_repaired_and_counted(vermeil_data: Path) -> None:
    stats = corpus_stats(read(vermeil_data / "conll2003" / "train.jsonl.gz", tag_key="chatgpt"))
    assert stats.repaired_tags == 179


@pytest.mark.parametrize("name", ["conll2003/test", "wnut17/dev"])
@pytest.mark.parametrize("scheme", ["iob1", "bioes"])
def test_real_tags_survive_as_columns(
    vermeil_data: Path, tmp_path: Path, name: str, scheme: Literal["iob1", "bioes"]
) -> None:
    documents = read(vermeil_data / f"{name}.jsonl.gz")
    path = tmp_path / "again.conll.gz"
    assert write_corpus(documents, path, scheme=scheme).losses == {}
    assert read(path) == documents


def test_the_splits_of_conll2003_share_repeated_headlines(vermeil_data: Path) -> None:
    report = find_leaks(
        read(vermeil_data / "conll2003" / "train.jsonl.gz"),
        read(vermeil_data / "conll2003" / "test.jsonl.gz"),
    )
    assert (len(report.exact), len(report.near), len(report.short)) == (19, 2, 128)
    assert report.groups == ()


def test_further_values_of_plain_texts_are_kept_in_meta(vermeil_data: Path) -> None:
    documents = read(vermeil_data / "bbc.jsonl.gz")
    assert all(document.annotation.is_empty for document in documents)
    assert all(isinstance(document.meta["topic"], str) for document in documents)


def test_the_sample_corpus_is_written_as_it_was(newswire: Path, tmp_path: Path) -> None:
    for name in ("train", "dev", "test", "pool"):
        original = newswire / f"{name}.jsonl"
        documents = read(original)
        write_corpus(documents, tmp_path / original.name)
        before, after = (
            [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
            for path in (original, tmp_path / original.name)
        )
        assert after == before


def test_the_sample_corpus_keeps_its_text_and_spans_as_columns(
    newswire: Path, tmp_path: Path
) -> None:
    documents = read(newswire / "test.jsonl")
    report = write_corpus(documents, tmp_path / "test.conll")
    assert report.losses == {"tokens_made": len(documents)}
    again = read(tmp_path / "test.conll")
    assert [(d.id, d.group, d.text, d.spans) for d in again] == [
        (d.id, d.group, d.text, d.spans) for d in documents
    ]


def test_the_splits_of_the_sample_corpus_share_no_text(newswire: Path) -> None:
    parts = {name: read(newswire / f"{name}.jsonl") for name in ("train", "dev", "test", "pool")}
    for left in parts.values():
        for right in parts.values():
            if left is not right:
                report = find_leaks(left, right)
                assert (report.leaks, report.short, report.groups) == (0, (), ())
