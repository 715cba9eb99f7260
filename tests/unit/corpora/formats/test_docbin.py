"""DocBin of spaCy: entities and span groups."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from vermeil.corpora import CorpusConfig, read_corpus
from vermeil.corpora.reading import ReadReport
from vermeil.errors import DataError

spacy = pytest.importorskip("spacy")
tokens = pytest.importorskip("spacy.tokens")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    doc = tokens.Doc(
        spacy.blank("en").vocab, words=["Ann", "saw", "Rome"], spaces=[True, True, False]
    )
    doc.ents = [tokens.Span(doc, 0, 1, label="PER")]
    doc.spans["sc"] = [tokens.Span(doc, 2, 3, label="LOC")]
    doc.spans["drafts"] = [tokens.Span(doc, 1, 2, label="ACT")]
    tokens.DocBin(docs=[doc]).to_disk(tmp_path / "x.spacy")
    return tmp_path / "x.spacy"


def read(path: Path, **config: Any) -> tuple[list[str], ReadReport]:
    reports: list[ReadReport] = []
    (document,) = read_corpus(CorpusConfig(path=path, **config), on_read=reports.append)
    return [span.label for span in document.spans or ()], reports[0]


def test_entities_and_the_span_group_are_read_and_other_groups_counted(path: Path) -> None:
    labels, report = read(path)
    assert labels == ["PER", "LOC"]
    assert report.choices == {"spans": "entities, span group sc"}
    assert report.skipped == {"span group drafts": 1}


def test_a_named_span_group_is_read_alone(path: Path) -> None:
    labels, report = read(path, span_group="drafts")
    assert labels == ["ACT"]
    assert report.choices == {"spans": "span group drafts"}
    assert report.skipped == {"entities": 1, "span group sc": 1}


def test_a_span_group_that_is_missing_is_an_error(path: Path) -> None:
    with pytest.raises(DataError, match=r"'x' \(span_group\); the groups are sc, drafts"):
        read(path, span_group="x")
